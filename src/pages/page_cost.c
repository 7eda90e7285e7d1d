/*
 * page_cost.c
 *	  "What may it cost?": the caps of each service, in the tree of services, to open and to close.
 *
 * Of the caps of a service the ten are shown of which the most is used: a page is for looking at.
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
	COST_PARTICIPANT,
	COST_METRIC,
	COST_AMOUNT,
	COST_USED,
	COST_PERCENT,
	COST_HEADROOM,
	COST_EXPECTED,
	COST_STEP,
	COST_LADDER_TEXT,
	COST_LADDER,
	COST_CAPS
};

static const PageColumn COST_COLUMNS[] =
	{{WORD_PARTICIPANT, KIND_TEXT}, {WORD_USAGE, KIND_TEXT},   {WORD_LIGHT, KIND_LIGHT},
	 {WORD_CAP, KIND_MONEY},        {WORD_USED, KIND_MONEY},   {WORD_PERCENT, KIND_RATIO},
	 {WORD_FREE, KIND_MONEY},       {WORD_OUTLOOK, KIND_MONEY}};

/* The caps over services, and the services above these, from the top down. */
#define COST_MOST 10
#define COST_QUERY                                                                                 \
	PAGE_SCOPE                                                                                     \
	", tree (code, name, depth, path) AS ("                                                        \
	"SELECT code, name, 0, ARRAY[code COLLATE \"C\"] FROM steering.named_service "                 \
	"WHERE parent IS NULL UNION ALL "                                                              \
	"SELECT below.code, below.name, tree.depth + 1, tree.path || (below.code COLLATE \"C\") "      \
	"FROM tree JOIN steering.named_service AS below ON below.parent = tree.code), "                \
	"cap AS MATERIALIZED (SELECT cap.*, scope.name, outlook.expected, "                            \
	"row_number() OVER (PARTITION BY cap.service "                                                 \
	"ORDER BY cap.used_percent DESC NULLS LAST, cap.cap_id) AS place, "                            \
	"count(*) OVER (PARTITION BY cap.service) AS caps FROM steering.cap_status AS cap "            \
	"JOIN scope ON scope.code = cap.participant "                                                  \
	"LEFT JOIN steering.cap_outlook($3) AS outlook ON outlook.cap_id = cap.cap_id "                \
	"WHERE cap.valid_from <= " PAGE_LAST " AND cap.valid_to >= " PAGE_FIRST "), "                  \
	"above AS (SELECT DISTINCT tree.path[1:step] AS path FROM tree "                               \
	"CROSS JOIN generate_series(1, cardinality(tree.path)) AS step "                               \
	"WHERE tree.code IN (SELECT service FROM cap)) "                                               \
	"SELECT tree.code, tree.name, tree.depth, cap.name, cap.metric, cap.amount, cap.used, "        \
	"cap.used_percent, cap.headroom, cap.expected, cap.step, cap.ladder, "                         \
	"cap.ladder::steering.ladder, cap.caps FROM tree JOIN above ON above.path = tree.path "        \
	"LEFT JOIN cap ON cap.service = tree.code AND cap.place <= 10 "                                \
	"ORDER BY tree.path, cap.place"

/* Returns the light of a step; what it says is put into word. */
static PageLight
cost_light(const char *step, PageWord *word)
{
	static const PageWord words[] = {WORD_NO_STEP, WORD_NOTIFY, WORD_WARN, WORD_BLOCK};
	static const char *const endings[] = {NULL, "notify", "warn", "block"};
	int i = lengthof(endings) - 1;

	while (i > 0 && (step == NULL || strstr(step, endings[i]) == NULL))
		i--;
	*word = words[i];
	return i == 0 ? LIGHT_GREEN : i == 3 ? LIGHT_RED : LIGHT_AMBER;
}

/* Draws the usage of a cap. */
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
				page_number(row, COST_AMOUNT), DatumGetLadder(ladder));
	page_close(page, "td");
}

/* Writes the row of a cap. */
static void
cost_row(HtmlPage *page, int row)
{
	PageWord word;
	PageLight light = cost_light(page_value(row, COST_STEP), &word);
	char *metric = page_value(row, COST_METRIC);

	page_markup(page, "<tr><th scope=\"row\">");
	page_text(page, page_value(row, COST_PARTICIPANT));
	page_open(page, "small", NULL);
	page_stored_word(page, metric);
	page_markup(page, "</small></th>");
	cost_bullet(page, row);
	page_open(page, "td", NULL);
	page_light(page, light, page_word(page, word));
	page_close(page, "td");
	page_figure_cell(page, page_value(row, COST_AMOUNT), PAGE_MONEY);
	page_figure_cell(page, page_value(row, COST_USED), PAGE_MONEY);
	page_figure_cell(page, page_value(row, COST_PERCENT), PAGE_RATIO);
	page_figure_cell(page, page_value(row, COST_HEADROOM), PAGE_MONEY);
	page_figure_cell(page, page_value(row, COST_EXPECTED), PAGE_MONEY);
	page_markup(page, "</tr>\n");
}

/* Opens a service below those that are open above it; a page with few is opened for the reader. */
static void
cost_service_open(HtmlPage *page, int row, bool is_open)
{
	int depth = (int) page_number(row, COST_DEPTH);

	for (; page->level > depth; page->level--)
		page_close(page, "details");
	page_markup(page, is_open ? "<details open=\"open\"><summary>" : "<details><summary>");
	page_text(page, page_value(row, COST_NAME));
	page_markup(page, " ");
	page_element(page, "code", NULL, page_value(row, COST_CODE));
	page_close(page, "summary");
	page->level = depth + 1;
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
	for (; page->level > 0; page->level--)
		page_close(page, "details");
	if (rows == 0)
		page_nothing(page);
	page_section_close(page);
}
