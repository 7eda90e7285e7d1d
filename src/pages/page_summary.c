/*
 * page_summary.c
 *	  The summary: how many lights of each colour, what is closest to its limit, and which results are red.
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

/* A count of lights: of what, by which query (green, amber, red), and the words. */
typedef struct SummaryCount
{
	PageWord heading;
	PageWord sentence;
	PageWord words[3]; /* of green, amber, red */
	const char *query;
} SummaryCount;

static const SummaryCount SUMMARY_COUNTS[] = {
	{WORD_MONEY,
	 WORD_SENTENCE_CAPS,
	 {WORD_GREEN_CAPS, WORD_AMBER_CAPS, WORD_RED_CAPS},
	 "SELECT coalesce(max(below_steps), 0), coalesce(max(at_steps), 0), "
	 "coalesce(max(at_block), 0) FROM cap"},
	{WORD_RESULT,
	 WORD_SENTENCE_RESULT,
	 {WORD_GREEN, WORD_AMBER, WORD_RED},
	 "SELECT count(*) FILTER (WHERE signal = 'green'), "
	 "count(*) FILTER (WHERE signal = 'amber'), count(*) FILTER (WHERE signal = 'red') "
	 "FROM combination"},
	{WORD_EXPECTED,
	 WORD_SENTENCE_EXPECTED,
	 {WORD_GREEN_EXPECTED, WORD_AMBER_EXPECTED, WORD_RED_EXPECTED},
	 "SELECT coalesce(max(will_hold), 0), coalesce(max(will_exceed), 0), "
	 "coalesce(max(will_block), 0) FROM cap"},
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

/* Writes the lights of one colour: how many, what they say, and which part of all that is. */
static void
summary_light(HtmlPage *page, const SummaryCount *count, int light, int64 all)
{
	page_open(page, "li", NULL);
	page_light(page, LIGHT_GREEN + light, page_figure_plain(page, page_value(0, light), 0));
	page_markup(page, " <span>");
	page_text(page, page_word(page, count->words[light]));
	summary_percent(page, (int64) page_number(0, light), all);
	page_markup(page, "</span>");
	page_close(page, "li");
}

/* Writes a count of lights, and a sentence of how many there are. */
static void
summary_count(HtmlPage *page, const SummaryCount *count)
{
	int64 all = 0;

	(void) page_query(page, count->query);
	for (int i = 0; i < 3; i++)
		all += (int64) page_number(0, i);
	page_open(page, "div", "tile");
	page_word_element(page, "h3", NULL, count->heading);
	page_open(page, "ul", "lights");
	for (int i = 0; i < 3; i++)
		summary_light(page, count, i, all);
	page_close(page, "ul");
	page_open(page, "p", NULL);
	page_count(page, all);
	page_markup(page, " ");
	page_text(page, page_word(page, count->sentence));
	page_close(page, "p");
	page_close(page, "div");
}

/* Opens a line of a list: a service and a participant. */
static void
summary_entry_open(HtmlPage *page, int row)
{
	page_open(page, "li", NULL);
	page_name(page, page_value(row, 0));
	page_markup(page, ", ");
	page_name(page, page_value(row, 1));
}

/* Writes a percentage. */
static void
summary_ratio(HtmlPage *page, const char *percent)
{
	page_markup(page, "<strong>");
	page_figure(page, percent, PAGE_RATIO);
	page_markup(page, "&#160;%</strong>");
}

/* Writes the five caps of which the most is used, and what is free of each. */
static void
summary_worst(HtmlPage *page)
{
	int rows = page_query(page, "SELECT place.name, cap.name, cap.used_percent, cap.free FROM cap "
								"JOIN place ON place.code = cap.service "
								"WHERE cap.used_percent IS NOT NULL "
								"ORDER BY cap.used_percent DESC, cap.cap_id LIMIT 5");

	if (rows == 0)
		return;
	page_word_element(page, "h3", NULL, WORD_WORST);
	page_open(page, "ol", "worst");
	for (int i = 0; i < rows; i++)
	{
		summary_entry_open(page, i);
		page_markup(page, ": ");
		summary_ratio(page, page_value(i, 2));
		page_markup(page, " ");
		page_text(page, page_word(page, WORD_OF_CAP));
		page_markup(page, ", ");
		page_text(page, page_word(page, WORD_STILL_FREE));
		page_markup(page, " ");
		page_figure(page, page_value(i, 3), PAGE_MONEY);
		page_close(page, "li");
	}
	page_close(page, "ol");
}

/* Writes why a result is red: how far it attains its targets, and what is used of its cap. */
static void
summary_why(HtmlPage *page, const char *attained, const char *used)
{
	if (attained != NULL)
	{
		page_markup(page, ": ");
		page_text(page, page_word(page, WORD_ATTAINED));
		page_markup(page, " ");
		summary_ratio(page, attained);
	}
	if (used != NULL)
	{
		page_markup(page, attained == NULL ? ": " : ", ");
		summary_ratio(page, used);
		page_markup(page, " ");
		page_text(page, page_word(page, WORD_OF_CAP));
	}
}

/* The five results that are red and attain least, with what is used of the budgets of just these. */
#define SUMMARY_RED                                                                                \
	"SELECT place.name, scope.name, result.attainment, "                                           \
	"(SELECT max(cap.used_percent) FROM cap WHERE cap.metric = 'budget' "                          \
	"AND cap.service = result.service AND cap.participant = result.participant) "                  \
	"FROM combination AS result "                                                                  \
	"JOIN scope ON scope.code = result.participant "                                               \
	"JOIN place ON place.code = result.service "                                                   \
	"WHERE result.signal = 'red' ORDER BY result.attainment, "                                     \
	"result.service COLLATE \"C\", result.participant COLLATE \"C\" LIMIT 5"

/* Writes the results that are red. */
static void
summary_red(HtmlPage *page)
{
	int rows = page_query(page, SUMMARY_RED);

	if (rows == 0)
		return;
	page_word_element(page, "h3", NULL, WORD_RED_RESULTS);
	page_open(page, "ol", "worst");
	for (int i = 0; i < rows; i++)
	{
		summary_entry_open(page, i);
		summary_why(page, page_value(i, 2), page_value(i, 3));
		page_close(page, "li");
	}
	page_close(page, "ol");
}

/* What all of it is expected to come to, as the course of the period has it; and how many decisions wait, as their list has them. */
#define SUMMARY_EXPECTED                                                                           \
	"SELECT sum(outlook.advised) FROM ahead AS outlook "                                           \
	"JOIN place ON place.code = outlook.service"
#define SUMMARY_DECISIONS                                                                          \
	"SELECT count(DISTINCT decision) FROM steering.proposal "                                      \
	"WHERE $2 IS NULL OR participant IS NULL OR participant IN (SELECT code FROM scope)"

/* Opens a line of what is asked for first, with a link to the section that has more of it. */
static void
summary_line_open(HtmlPage *page, PageWord word, const char *link)
{
	page_markup(page, "<dt><a");
	page_attribute(page, "href", link);
	page_markup(page, ">");
	page_text(page, page_word(page, word));
	page_markup(page, "</a></dt><dd><strong>");
}

/* Writes what all of it is expected to come to, and how many decisions wait. */
static void
summary_lines(HtmlPage *page)
{
	page_open(page, "dl", "facts standing");
	(void) page_query(page, SUMMARY_EXPECTED);
	summary_line_open(page, WORD_EXPECTED_ALL, "#year");
	page_figure(page, page_value(0, 0), PAGE_MONEY);
	page_markup(page, "</strong></dd>\n");
	(void) page_query(page, SUMMARY_DECISIONS);
	summary_line_open(page, WORD_DECISIONS, "#decisions");
	page_count(page, (int64) page_number(0, 0));
	page_markup(page, "</strong></dd>\n");
	page_close(page, "dl");
}

/* Writes the summary. */
void
page_summary(HtmlPage *page)
{
	page_keep(page, "combination", SUMMARY_COMBINATIONS);
	page_section_open(page, "summary", WORD_SUMMARY);
	page_open(page, "div", "tiles");
	for (int i = 0; i < (int) lengthof(SUMMARY_COUNTS); i++)
		summary_count(page, &SUMMARY_COUNTS[i]);
	page_close(page, "div");
	summary_lines(page);
	summary_worst(page);
	summary_red(page);
	page_section_close(page);
}
