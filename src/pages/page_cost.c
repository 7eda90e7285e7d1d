/*
 * page_cost.c
 *	  "What may it cost?": the caps of each service, in the tree of services, to open and to close.
 *
 * Of the caps of a service the ten are shown of which the most is used: a page is for looking at. The figures are those of
 * budget_status; the outlook is cap_outlook()'s, and the difference what is left of the cap by it.
 */
#include "postgres.h"

#include "executor/spi.h"

#include "pages/page_chart.h"
#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query. */
enum
{
	COST_CODE,
	COST_NAME,
	COST_DEPTH,
	COST_CAPS,
	COST_PARTICIPANT,
	COST_IS_GROUP,
	COST_METRIC,
	COST_UNIT,
	COST_STEP,
	COST_LADDER_TEXT,
	COST_LADDER,
	COST_USED,
	COST_PERCENT,
	COST_FIGURES, /* the first of those that are columns of the table */
	COST_AMENDED = COST_FIGURES + 1
};

static const PageColumn COST_COLUMNS[] =
	{{WORD_PARTICIPANT, KIND_TEXT}, {WORD_USAGE, KIND_TEXT},       {WORD_PRIMITIVE, KIND_AMOUNT},
	 {WORD_AMENDED, KIND_AMOUNT},   {WORD_COMMITTED, KIND_AMOUNT}, {WORD_ACTUAL_WHOLE, KIND_AMOUNT},
	 {WORD_RESERVED, KIND_AMOUNT},  {WORD_FREE, KIND_AMOUNT},      {WORD_OUTLOOK_END, KIND_AMOUNT},
	 {WORD_DIFFERENCE, KIND_AMOUNT}};

#define COST_TEXTS 2 /* columns before the figures */

/* The caps over services, and the services above these, from the top down; what is of a group behind what is of its members. */
#define COST_MOST 10
#define COST_QUERY                                                                                 \
	"WITH above AS (SELECT DISTINCT place.path[1:step] AS path FROM place "                        \
	"CROSS JOIN generate_series(1, cardinality(place.path)) AS step "                              \
	"WHERE place.code IN (SELECT service FROM cap)) "                                              \
	"SELECT place.code, place.name, place.depth, cap.caps, cap.name, cap.is_group, cap.metric, "   \
	"cap.unit, cap.step, "                                                                         \
	"cap.ladder, cap.ladder::steering.ladder, cap.used, cap.used_percent, "                        \
	"cap.primitive, cap.amount, cap.committed, cap.actual, cap.reserved, cap.free, cap.expected, " \
	"cap.amount - cap.expected FROM place JOIN above ON above.path = place.path "                  \
	"LEFT JOIN cap ON cap.service = place.code AND cap.place <= 10 "                               \
	"ORDER BY place.path, cap.is_group, cap.place"

/* Draws the usage of a cap, with the step that it stands at. */
static void
cost_bullet(HtmlPage *page, int row)
{
	bool isnull;
	Datum ladder =
		SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, COST_LADDER + 1, &isnull);
	char *percent = page_value(row, COST_PERCENT);

	page_open(page, "td", "drawing");
	page_bullet(page,
				psprintf("%s, %s: %s %%", page_value(row, COST_NAME),
						 page_value(row, COST_PARTICIPANT),
						 percent == NULL ? "" : page_figure_plain(page, percent, PAGE_RATIO)),
				page_value(row, COST_LADDER_TEXT), page_number(row, COST_USED),
				page_number(row, COST_AMENDED), DatumGetLadder(ladder));
	page_open(page, "small", NULL);
	page_sign(page, page_step_sign(page_value(row, COST_STEP)), NULL);
	page_markup(page, " <span>");
	page_figure(page, percent, PAGE_RATIO);
	page_markup(page, "&#160;%</span></small>");
	page_close(page, "td");
}

/* Writes whose cap a row is, whether of a group, and in what its amounts are counted. */
static void
cost_heading(HtmlPage *page, int row)
{
	page_markup(page, "<th scope=\"row\">");
	page_text(page, page_value(row, COST_PARTICIPANT));
	if (page_is_true(row, COST_IS_GROUP))
		page_word_element(page, "small", NULL, WORD_GROUP);
	page_open(page, "small", NULL);
	page_metric(page, page_value(row, COST_METRIC), page_value(row, COST_UNIT));
	page_markup(page, "</small></th>");
}

/* Writes the row of a cap. */
static void
cost_row(HtmlPage *page, int row)
{
	page_open(page, "tr", page_is_true(row, COST_IS_GROUP) ? "total" : NULL);
	cost_heading(page, row);
	cost_bullet(page, row);
	for (int i = COST_TEXTS; i < (int) lengthof(COST_COLUMNS); i++)
		page_figure_cell(page, page_value(row, COST_FIGURES + i - COST_TEXTS), PAGE_MONEY);
	page_markup(page, "</tr>\n");
}

/* Opens a service below those that are open above it; a page with few is opened for the reader. */
static void
cost_service_open(HtmlPage *page, int row, bool is_open)
{
	int depth = (int) page_number(row, COST_DEPTH);

	for (; page->depth > depth; page->depth--)
		page_close(page, "details");
	page_markup(page, is_open ? "<details open=\"open\"><summary>" : "<details><summary>");
	page_text(page, page_value(row, COST_NAME));
	page_markup(page, " ");
	page_element(page, "code", NULL, page_value(row, COST_CODE));
	page_close(page, "summary");
	page->depth = depth + 1;
}

/* Writes the caps of a service, from a row on; returns the row behind them. */
static int
cost_caps(HtmlPage *page, int row, int rows)
{
	int first = row;
	const char *code = page_value(row, COST_CODE);
	int64 left = (int64) page_number(row, COST_CAPS) - COST_MOST;

	if (page_value(row, COST_PARTICIPANT) == NULL)
		return row + 1;
	page_table_open(page, WORD_MONEY, COST_COLUMNS, lengthof(COST_COLUMNS));
	for (; row < rows && strcmp(page_value(row, COST_CODE), code) == 0; row++)
		cost_row(page, row);
	page_table_close(page);
	if (left > 0 && row > first)
	{
		page_open(page, "p", "nothing");
		page_count(page, left);
		page_markup(page, " ");
		page_text(page, page_word(page, WORD_MORE_CAPS));
		page_close(page, "p");
	}
	return row;
}

/* Writes the section. */
void
page_cost(HtmlPage *page)
{
	int rows;

	page_section_open(page, "cost", WORD_COST);
	page_word_element(page, "p", "intro", WORD_COST_INTRO);
	rows = page_query(page, COST_QUERY);
	for (int row = 0; row < rows; row = cost_caps(page, row, rows))
		cost_service_open(page, row, rows <= 60);
	for (; page->depth > 0; page->depth--)
		page_close(page, "details");
	if (rows == 0)
		page_nothing(page);
	page_section_close(page);
}
