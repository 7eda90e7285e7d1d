/*
 * page_reserve.c
 *	  The reserve of the organisation against what its risks ask for, what the period brought, the reserves of arrangements; and
 *	  what the risks may cost together.
 *
 * All of it is of all participants together: it is on pages of all that the role may read, for who may call the functions.
 */
#include "postgres.h"

#include "pages/page_chart.h"
#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query of resilience. */
enum
{
	RESERVE_BEFORE,
	RESERVE_AFTER,
	RESERVE_NOW,
	RESERVE_REQUIRED,
	RESERVE_RATIO,
	RESERVE_CLASS,
	RESERVE_RISKS,
	RESERVE_MEAN,
	RESERVE_MEDIAN,
	RESERVE_HIGHEST,
	RESERVE_COVERED
};

/* A figure with its name. */
typedef struct ReserveFact
{
	int column;
	PageWord word;
	int decimals;
} ReserveFact;

static const ReserveFact RESERVE_FACTS[] = {{RESERVE_BEFORE, WORD_RESERVE_BEFORE, PAGE_MONEY},
											{RESERVE_AFTER, WORD_RESERVE_AFTER, PAGE_MONEY},
											{RESERVE_REQUIRED, WORD_REQUIRED, PAGE_MONEY},
											{RESERVE_RATIO, WORD_RATIO, PAGE_RATIO}};

static const ReserveFact RISK_FACTS[] = {{RESERVE_RISKS, WORD_RISKS, 0},
										 {RESERVE_MEAN, WORD_RISK_MEAN, PAGE_MONEY},
										 {RESERVE_MEDIAN, WORD_RISK_MEDIAN, PAGE_MONEY},
										 {RESERVE_REQUIRED, WORD_REQUIRED, PAGE_MONEY},
										 {RESERVE_HIGHEST, WORD_RISK_HIGHEST, PAGE_MONEY},
										 {RESERVE_COVERED, WORD_RISK_COVERED, PAGE_RATIO}};

static const PageColumn HEALTH_COLUMNS[] =
	{{WORD_PERIOD, KIND_TEXT},          {WORD_REVENUE, KIND_MONEY},     {WORD_COSTS, KIND_MONEY},
	 {WORD_RESULT_LEFT, KIND_MONEY},    {WORD_COVERAGE, KIND_RATIO},    {WORD_KEPT, KIND_MONEY},
	 {WORD_RESERVE_CHANGE, KIND_MONEY}, {WORD_RESERVE_END, KIND_MONEY}, {WORD_TOTAL, KIND_TOTAL}};

static const PageColumn ARRANGEMENT_COLUMNS[] = {{WORD_ARRANGEMENT, KIND_TEXT},
												 {WORD_REVENUE, KIND_MONEY},
												 {WORD_COSTS, KIND_MONEY},
												 {WORD_RESULT_LEFT, KIND_MONEY},
												 {WORD_COVERAGE, KIND_RATIO},
												 {WORD_RESERVE_END, KIND_MONEY}};

/* Whether the page is of all that the role may read, and the role may call what the figures are from. */
#define RESERVE_MAY                                                                                \
	"SELECT " PAGE_IS_OF_ALL " AND bool_and(has_function_privilege(name::regprocedure, "           \
	"'EXECUTE')) FROM unnest('{\"steering.resilience(date,numeric,integer,bigint)\","              \
	"\"steering.supplier_health(text,text,date,text)\","                                           \
	"\"steering.arrangement_health(text,text)\"}'::text[]) AS name"

/* The reserve and the risks, kept for two sections; before and after the period of risks only how many there are. */
#define RESERVE_KEPT                                                                               \
	"SELECT before.available AS at_begin, after.available AS at_end, now.available, "              \
	"now.required, now.ratio, now.class, now.risks, now.mean, now.median, now.highest, "           \
	"now.covered_percent, after.risks > 0 AS has_risks "                                           \
	"FROM steering.resilience(" PAGE_FIRST " - 1, draws => 1) AS before, "                         \
	"steering.resilience(" PAGE_LAST ", draws => 1) AS after, steering.resilience($3) AS now"
#define RESERVE_QUERY "SELECT * FROM bearing"

/* Whether there is a reserve at all, or risks. */
#define RESERVE_EXISTS "SELECT FROM bearing WHERE at_begin <> 0 OR at_end <> 0 OR has_risks"

/* Closed periods that the period of the page cuts: of a part of what was closed nothing is settled. */
#define RESERVE_IS_CUT                                                                             \
	"SELECT FROM steering.closed_period WHERE first_day <= " PAGE_LAST                             \
	" AND last_day >= " PAGE_FIRST " AND (first_day < " PAGE_FIRST " OR last_day > " PAGE_LAST     \
	") LIMIT 1"

/* What each quarter brought, and last all of them, with what is expected then. */
#define HEALTH_QUERY                                                                               \
	"SELECT step, revenue, cost, result, coverage, kept, reserve_change, reserve, is_total, "      \
	"expected_reserve FROM steering.supplier_health($1, 'quarter', $3) "                           \
	"ORDER BY is_total, valid_from"

/* Arrangements in which the same take part for all of the period: the others have months of their own. */
#define ARRANGEMENT_QUERY                                                                          \
	"WITH whole AS MATERIALIZED (SELECT arrangement, min(name) AS name "                           \
	"FROM steering.arrangement_part WHERE coalesce(valid_from, '-infinity') <= " PAGE_LAST         \
	" AND coalesce(valid_to, 'infinity') >= " PAGE_FIRST " GROUP BY arrangement "                  \
	"HAVING bool_and(coalesce(valid_from, '-infinity') <= " PAGE_FIRST                             \
	" AND coalesce(valid_to, 'infinity') >= " PAGE_LAST ") "                                       \
	"ORDER BY arrangement COLLATE \"C\" LIMIT 20) "                                                \
	"SELECT whole.name, health.revenue, health.cost, health.result, health.coverage, "             \
	"health.reserve FROM whole "                                                                   \
	"CROSS JOIN LATERAL steering.arrangement_health(whole.arrangement, $1) AS health "             \
	"ORDER BY whole.arrangement COLLATE \"C\""

/* Writes figures with their names. */
static void
reserve_facts(HtmlPage *page, const ReserveFact *facts, int count)
{
	for (int i = 0; i < count; i++)
	{
		page_word_element(page, "dt", NULL, facts[i].word);
		page_open(page, "dd", NULL);
		if (facts[i].decimals == PAGE_MONEY && facts[i].column != RESERVE_RISKS)
			page_money(page, page_value(0, facts[i].column));
		else
			page_figure(page, page_value(0, facts[i].column), facts[i].decimals);
		if (facts[i].column == RESERVE_COVERED)
			page_markup(page, "&#160;%");
		page_close(page, "dd");
	}
}

/* Draws the reserve against what is required, if anything is. */
static void
reserve_draw(HtmlPage *page)
{
	const char *available = page_value(0, RESERVE_NOW);
	const char *required = page_value(0, RESERVE_REQUIRED);

	if (page_number(0, RESERVE_REQUIRED) <= 0)
		return;
	page_open(page, "div", "gauge");
	page_gauge(page,
			   psprintf("%s: %s", page_word(page, WORD_RESERVE),
						page_figure_plain(page, available, PAGE_MONEY)),
			   psprintf("%s: %s", page_word(page, WORD_REQUIRED),
						page_figure_plain(page, required, PAGE_MONEY)),
			   page_number(0, RESERVE_NOW), page_number(0, RESERVE_REQUIRED));
	page_close(page, "div");
}

/* Writes the class of the reserve, with a light: from C on it is sufficient. */
static void
reserve_class(HtmlPage *page, char class)
{
	page_sign(page,
			  class <= 'C'   ? SIGN_GREEN
			  : class == 'D' ? SIGN_AMBER
							 : SIGN_RED,
			  page_word(page, WORD_CLASS_A + (class - 'A')));
}

/* Returns the letter of the class of the reserve; 0: there is none, since nothing is required. */
static char
reserve_letter(void)
{
	const char *class = page_value(0, RESERVE_CLASS);

	return class == NULL ? 0 : class[strlen(class) - 1];
}

/* Writes the class of the reserve as a fact. */
static void
reserve_class_fact(HtmlPage *page)
{
	char class = reserve_letter();

	page_word_element(page, "dt", NULL, WORD_CLASS);
	page_open(page, "dd", NULL);
	if (class == 0)
		page_text(page, NULL);
	else
		reserve_class(page, class);
	page_close(page, "dd");
}

/* Writes what is required of the reserve, behind the reserve. */
static void
reserve_against(HtmlPage *page, char class)
{
	page_text(page, page_word(page, WORD_RESERVE_AGAINST));
	page_money(page, page_value(0, RESERVE_REQUIRED));
	page_text(page, page_word(page, WORD_RESERVE_ASKED));
	page_figure(page, page_value(0, RESERVE_RATIO), PAGE_RATIO);
	page_markup(page, ") ");
	reserve_class(page, class);
}

/* Writes in a sentence whether the reserve is enough, if the page has one or something asks for one. */
void
page_reserve_enough(HtmlPage *page)
{
	char class;

	if (!page->has_reserve || page_query(page, RESERVE_EXISTS) == 0)
		return;
	(void) page_query(page, RESERVE_QUERY);
	class = reserve_letter();
	page_line_open(page, WORD_RESERVE, NULL, "#reserve");
	page_markup(page, "<strong>");
	if (class != 0)
		page_text(page, page_word(page, class <= 'C' ? WORD_ENOUGH : WORD_NOT_ENOUGH));
	page_money(page, page_value(0, RESERVE_NOW));
	page_markup(page, "</strong>");
	if (class != 0)
		reserve_against(page, class);
	else
		page_text(page, page_word(page, WORD_RESERVE_NOT_ASKED));
	page_line_close(page);
}

/* Writes the reserve, what is required, and the class of that. */
static void
reserve_standing(HtmlPage *page)
{
	(void) page_query(page, RESERVE_QUERY);
	reserve_draw(page);
	page_open(page, "dl", "facts standing");
	reserve_facts(page, RESERVE_FACTS, lengthof(RESERVE_FACTS));
	reserve_class_fact(page);
	page_close(page, "dl");
}

/* Writes what each quarter brought and all of them, and the reserve that is expected where the period is not over. */
static void
reserve_health(HtmlPage *page)
{
	int rows = page_query(page, HEALTH_QUERY);

	page_word_element(page, "h3", NULL, WORD_BROUGHT);
	page_open(page, "div", "sums");
	page_table_open(page, WORD_BROUGHT, HEALTH_COLUMNS, lengthof(HEALTH_COLUMNS));
	for (int row = 0; row < rows; row++)
		page_list_row(page, HEALTH_COLUMNS, lengthof(HEALTH_COLUMNS), row);
	page_table_close(page);
	page_close(page, "div");
	if (page_value(rows - 1, lengthof(HEALTH_COLUMNS)) == NULL)
		return;
	page_open(page, "dl", "facts standing");
	page_word_element(page, "dt", NULL, WORD_RESERVE_EXPECTED);
	page_open(page, "dd", NULL);
	page_money(page, page_value(rows - 1, lengthof(HEALTH_COLUMNS)));
	page_close(page, "dd");
	page_close(page, "dl");
}

/* Writes what the period brought, in all and by arrangement, unless it cuts one that is closed. */
static void
reserve_brought(HtmlPage *page)
{
	if (page_query(page, RESERVE_IS_CUT) > 0)
		return;
	reserve_health(page);
	if (page_query(page, "SELECT FROM steering.arrangement_part LIMIT 1") == 0)
		return;
	page_word_element(page, "h3", NULL, WORD_ARRANGEMENTS);
	page_list(page, WORD_ARRANGEMENTS, ARRANGEMENT_COLUMNS, lengthof(ARRANGEMENT_COLUMNS),
			  ARRANGEMENT_QUERY);
}

/* Tells whether the reserve is the reader's, and the page's, to see. */
static bool
reserve_may(HtmlPage *page)
{
	return page->has_deviation && page_query(page, RESERVE_MAY) == 1 && page_is_true(0, 0);
}

/* Reads the reserve and what it bears, if the page has it. */
void
page_bearing(HtmlPage *page)
{
	page->has_reserve = reserve_may(page);
	if (page->has_reserve)
		page_keep(page, "bearing", RESERVE_KEPT);
}

/* Writes the section. */
void
page_reserve(HtmlPage *page)
{
	if (!page->has_reserve)
		return;
	page_section_open(page, "reserve", WORD_RESERVE);
	page_word_element(page, "p", "intro", WORD_RESERVE_INTRO);
	if (page_query(page, RESERVE_EXISTS) == 0)
		page_nothing(page);
	else
	{
		reserve_standing(page);
		reserve_brought(page);
	}
	page_section_close(page);
}

/* Writes what risks may cost together, where the page has the reserve that bears them. */
void
page_resilience(HtmlPage *page)
{
	if (!page->has_reserve || page_query(page, RESERVE_QUERY) != 1 ||
		page_number(0, RESERVE_RISKS) == 0)
		return;
	page_word_element(page, "h3", NULL, WORD_RISKS_TOGETHER);
	page_open(page, "dl", "facts standing");
	reserve_facts(page, RISK_FACTS, lengthof(RISK_FACTS));
	page_close(page, "dl");
}
