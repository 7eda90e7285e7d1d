/*
 * page_summary.c
 *	  The summary: what is asked for first; then of caps as they stand, of caps as they are expected to end, and of results how many
 *	  there are of each kind, and the names of those that matter most.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Services and participants that have a light, kept to count them and to name the red ones. */
#define SUMMARY_COMBINATIONS                                                                       \
	"SELECT service, participant, signal, attainment FROM steering.cost_versus_result($1) "        \
	"WHERE signal IS NOT NULL AND participant IN (SELECT code FROM scope) "                        \
	"AND service IN (SELECT code FROM place WHERE is_shown)"

/* A line of a list of names: a query whose first columns are the names of the service and the participant. */
typedef void (*SummaryEntry)(HtmlPage *page, int row);

/* A list of names below a count: as many as the query has, and how many more, in its last column. */
typedef struct SummaryList
{
	PageWord heading;
	PageWord more; /* what is said of those that are not named */
	SummaryEntry entry;
	int columns;
	const char *query;
} SummaryList;

/* A count of signs: of what, by which query (a column for each sign), which section has more, and the lists below it. */
typedef struct SummaryCount
{
	PageWord heading;
	bool is_of_end; /* of what is expected at the end of the period */
	const char *link;
	PageWord sentence;
	PageSign first;
	PageSign last;
	const char *query;
	const SummaryList *lists;
	int list_count;
} SummaryCount;

/* Writes a percentage. */
static void
summary_ratio(HtmlPage *page, const char *percent)
{
	page_markup(page, "<strong>");
	page_figure(page, percent, PAGE_RATIO);
	page_markup(page, "&#160;%</strong>");
}

/* Writes what is left of a cap, or how much it is over, in words. */
static void
summary_room(HtmlPage *page, int row, int room, int metric)
{
	const char *number = page_value(row, room);

	page_markup(page, "<span class=\"room\">");
	page_quantity(page, number, page_value(row, metric));
	page_text(page, page_word(page, number[0] == '-' ? WORD_OVER : WORD_STILL_FREE));
	page_unit(page, page_value(row, metric), page_value(row, metric + 1));
	page_markup(page, "</span>");
}

/* The five caps of which the most is used: what of it, and what is free. */
#define SUMMARY_WORST                                                                              \
	"SELECT place.name, cap.label, cap.used_percent, cap.free, cap.metric, cap.unit, 0 FROM cap "  \
	"JOIN place ON place.code = cap.service WHERE cap.used_percent IS NOT NULL "                   \
	"ORDER BY cap.used_percent DESC, cap.cap_id LIMIT " PAGE_NAMED

/* Writes how full a cap is. */
static void
summary_full(HtmlPage *page, int row)
{
	summary_ratio(page, page_value(row, 2));
	if (page_value(row, 3) == NULL)
		return;
	page_markup(page, ", ");
	summary_room(page, row, 3, 4);
}

/* The five caps that are expected to be exceeded most, of each by how much: those that page_scope() keeps. */
#define SUMMARY_EXCEEDED                                                                            \
	"SELECT place.name, cap.label, cap.amount - cap.expected, cap.metric, cap.unit, cap.expected, " \
	"cap.amount, CASE WHEN cap.free < cap.amount - cap.expected THEN cap.free END, "                \
	"cap.will_exceed + cap.will_block - 5 FROM cap "                                                \
	"JOIN place ON place.code = cap.service WHERE cap.expected > cap.amount "                       \
	"ORDER BY " PAGE_EXCEEDED_MOST " LIMIT " PAGE_NAMED

/* Writes by how much a cap is expected to be exceeded, and by how much it is by what is booked already, if that is more. */
static void
summary_exceeded(HtmlPage *page, int row)
{
	page_markup(page, "<strong>");
	summary_room(page, row, 2, 3);
	page_markup(page, "</strong> (");
	page_quantity(page, page_value(row, 5), page_value(row, 3));
	page_text(page, page_word(page, WORD_EXPECTED_OF));
	page_quantity(page, page_value(row, 6), page_value(row, 3));
	page_markup(page, ")");
	if (page_value(row, 7) == NULL)
		return;
	page_text(page, page_word(page, WORD_BOOKED_BY_NOW));
	summary_room(page, row, 7, 3);
}

/* The five results that attain least of their targets. */
#define SUMMARY_MISSED                                                                             \
	"SELECT place.name, scope.label, result.attainment, count(*) OVER () - 5 "                     \
	"FROM combination AS result "                                                                  \
	"JOIN scope ON scope.code = result.participant "                                               \
	"JOIN place ON place.code = result.service WHERE result.attainment < 100 "                     \
	"ORDER BY scope.is_group, result.attainment, result.service COLLATE \"C\", "                   \
	"result.participant COLLATE \"C\" LIMIT " PAGE_NAMED

/* Writes how much of its target a result attains. */
static void
summary_missed(HtmlPage *page, int row)
{
	summary_ratio(page, page_value(row, 2));
}

/* The five results that are red and attain least, with what is used of the budgets of just these. */
#define SUMMARY_RED                                                                                \
	"SELECT place.name, scope.label, result.attainment, "                                          \
	"(SELECT max(cap.used_percent) FROM cap WHERE cap.metric = 'budget' "                          \
	"AND cap.service = result.service AND cap.participant = result.participant), "                 \
	"count(*) OVER () - 5 FROM combination AS result "                                             \
	"JOIN scope ON scope.code = result.participant "                                               \
	"JOIN place ON place.code = result.service "                                                   \
	"WHERE result.signal = 'red' ORDER BY result.attainment, "                                     \
	"result.service COLLATE \"C\", result.participant COLLATE \"C\" LIMIT " PAGE_NAMED

/* Writes why a result is red: how far it attains its target, and what is used of its cap. */
static void
summary_red(HtmlPage *page, int row)
{
	const char *attained = page_value(row, 2);
	const char *used = page_value(row, 3);

	if (attained != NULL)
	{
		summary_ratio(page, attained);
		page_text(page, page_word(page, WORD_OF_TARGET));
	}
	if (used == NULL)
		return;
	page_markup(page, attained == NULL ? "" : ", ");
	summary_ratio(page, used);
	page_text(page, page_word(page, WORD_OF_CAP));
}

static const SummaryList SUMMARY_NOW[] = {{WORD_WORST, WORD_MORE, summary_full, 6, SUMMARY_WORST}};
static const SummaryList SUMMARY_END[] = {
	{WORD_EXCEEDED, WORD_MORE_EXCEEDED, summary_exceeded, 8, SUMMARY_EXCEEDED}};
static const SummaryList SUMMARY_RESULTS[] = {{WORD_MISSED, WORD_MORE, summary_missed, 3,
											   SUMMARY_MISSED},
											  {WORD_RED_LIST, WORD_MORE, summary_red, 4,
											   SUMMARY_RED}};

static const SummaryCount SUMMARY_COUNTS[] = {
	{WORD_CAPS_NOW, false, "#cost", WORD_SENTENCE_CAPS, SIGN_BELOW, SIGN_BLOCK,
	 "SELECT coalesce(max(below_steps), 0), coalesce(max(at_notify), 0), "
	 "coalesce(max(at_warn), 0), coalesce(max(at_block), 0) FROM cap",
	 SUMMARY_NOW, lengthof(SUMMARY_NOW)},
	{WORD_CAPS_END, true, "#cost", WORD_SENTENCE_EXPECTED, SIGN_WITHIN, SIGN_ABOVE_BLOCK,
	 "SELECT coalesce(max(will_hold), 0), coalesce(max(will_exceed), 0), "
	 "coalesce(max(will_block), 0) FROM cap",
	 SUMMARY_END, lengthof(SUMMARY_END)},
	{WORD_RESULT, false, "#results", WORD_SENTENCE_RESULT, SIGN_GREEN, SIGN_RED,
	 "SELECT count(*) FILTER (WHERE signal = 'green'), "
	 "count(*) FILTER (WHERE signal = 'amber'), count(*) FILTER (WHERE signal = 'red') "
	 "FROM combination",
	 SUMMARY_RESULTS, lengthof(SUMMARY_RESULTS)},
};

/* Writes how many percent a number is of all, in whole ones; nothing is no part of nothing. */
static void
summary_percent(HtmlPage *page, int64 number, int64 all)
{
	if (all == 0)
		return;
	page_markup(page, ", ");
	page_count(page, (200 * number + all) / (2 * all));
	page_markup(page, "&#160;%");
}

/* Writes how many there are of a sign, what that says, and which part of all it is. */
static void
summary_sign(HtmlPage *page, PageSign sign, int column, int64 all)
{
	page_open(page, "li", NULL);
	page_sign(page, sign, page_figure_plain(page, page_value(0, column), 0));
	page_markup(page, " <span>");
	page_text(page, page_sign_meaning(page, sign));
	summary_percent(page, (int64) page_number(0, column), all);
	page_markup(page, "</span>");
	page_close(page, "li");
}

/* Writes how many there are of each sign. Returns how many in all. */
static int64
summary_signs(HtmlPage *page, const SummaryCount *count)
{
	int64 all = 0;

	(void) page_query(page, count->query);
	for (PageSign sign = count->first; sign <= count->last; sign++)
		all += (int64) page_number(0, sign - count->first);
	page_open(page, "ul", "lights");
	for (PageSign sign = count->first; sign <= count->last; sign++)
		summary_sign(page, sign, sign - count->first, all);
	page_close(page, "ul");
	return all;
}

/* Writes names, and how many more there are. */
static void
summary_list(HtmlPage *page, const SummaryList *list)
{
	int rows = page_query(page, list->query);
	int64 more;

	if (rows == 0)
		return;
	page_word_element(page, "h4", NULL, list->heading);
	page_open(page, "ol", "worst");
	for (int row = 0; row < rows; row++)
	{
		page_open(page, "li", NULL);
		page_name(page, page_value(row, 0));
		page_markup(page, ", ");
		page_name(page, page_value(row, 1));
		page_markup(page, ": ");
		list->entry(page, row);
		page_close(page, "li");
	}
	page_close(page, "ol");
	more = (int64) page_number(0, list->columns);
	if (more <= 0)
		return;
	page_open(page, "p", NULL);
	page_count(page, more);
	page_text(page, page_word(page, list->more));
	page_close(page, "p");
}

/* Writes the sentence of how many there are, and by which bookings. */
static void
summary_sentence(HtmlPage *page, const SummaryCount *count, int64 all)
{
	page_open(page, "p", NULL);
	page_count(page, all);
	page_markup(page, " ");
	page_text(page, page_word(page, count->sentence));
	if (count->is_of_end)
	{
		page_markup(page, " ");
		page_day(page, page->as_of);
		page_markup(page, ".");
	}
	page_close(page, "p");
}

/* Writes a count of signs with what belongs to it. */
static void
summary_count(HtmlPage *page, const SummaryCount *count)
{
	page_open(page, "div", "tile");
	page_open(page, "h3", NULL);
	page_link(page, count->link, page_word(page, count->heading),
			  count->is_of_end ? page->last : NULL);
	page_close(page, "h3");
	summary_sentence(page, count, summary_signs(page, count));
	for (int i = 0; i < count->list_count; i++)
		summary_list(page, &count->lists[i]);
	page_close(page, "div");
}

/* Writes the summary. */
void
page_summary(HtmlPage *page)
{
	page_keep(page, "combination", SUMMARY_COMBINATIONS);
	page_section_open(page, "summary", WORD_SUMMARY);
	page_standing(page);
	page_open(page, "div", "tiles");
	for (int i = 0; i < (int) lengthof(SUMMARY_COUNTS); i++)
		summary_count(page, &SUMMARY_COUNTS[i]);
	page_close(page, "div");
	page_legend(page);
	page_section_close(page);
}
