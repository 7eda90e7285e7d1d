/*
 * page_side.c
 *	  Participants side by side: what each pays per inhabitant, for each service at the top of the tree.
 */
#include "postgres.h"

#include "pages/page_chart.h"
#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

/* Columns of the query. */
enum
{
	SIDE_CODE,
	SIDE_SERVICE,
	SIDE_PARTICIPANT,
	SIDE_PER_INHABITANT,
	SIDE_MOST
};

static const PageColumn SIDE_COLUMNS[] = {{WORD_PARTICIPANT, KIND_TEXT},
										  {WORD_COMPARED, KIND_TEXT},
										  {WORD_PER_INHABITANT, KIND_RATIO}};

/* Where it is from; before 0.6 of one service at a time. */
#define SIDE_COMPARED "steering.compare_services($1) AS beside ON beside.service = service.code"
#define SIDE_COMPARED_0_5                                                                          \
	"LATERAL steering.compare_participants($1, service.code) AS beside ON true"

/* Eight services, and of each twenty participants, from the cheapest on. Groups have no rank. */
#define SIDE_QUERY(compared)                                                                       \
	"WITH side AS MATERIALIZED (SELECT service.code, service.name, scope.name AS participant, "    \
	"beside.cost_per_inhabitant, beside.rank_per_inhabitant AS place, "                            \
	"dense_rank() OVER (ORDER BY service.code COLLATE \"C\") AS nth "                              \
	"FROM (SELECT code, name FROM place WHERE depth = 0 AND is_shown) AS service "                 \
	"JOIN " compared " "                                                                           \
	"JOIN scope ON scope.code = beside.participant "                                               \
	"WHERE beside.rank_per_inhabitant IS NOT NULL AND beside.actual <> 0) "                        \
	"SELECT code, name, participant, cost_per_inhabitant, "                                        \
	"max(cost_per_inhabitant) OVER () FROM side WHERE nth <= 8 AND place <= 20 "                   \
	"ORDER BY code COLLATE \"C\", place, participant COLLATE \"C\""

/* Writes the bar of a participant. */
static void
side_row(HtmlPage *page, int row)
{
	char *number = page_value(row, SIDE_PER_INHABITANT);

	page_row_open(page, page_value(row, SIDE_PARTICIPANT), false);
	page_open(page, "td", "drawing");
	page_bar(page,
			 psprintf("%s, %s: %s", page_value(row, SIDE_SERVICE),
					  page_value(row, SIDE_PARTICIPANT),
					  page_figure_plain(page, number, PAGE_RATIO)),
			 page_number(row, SIDE_PER_INHABITANT), page_number(row, SIDE_MOST));
	page_close(page, "td");
	page_figure_cell(page, number, PAGE_RATIO);
	page_markup(page, "</tr>\n");
}

/* Writes a service, from a row on; returns the row behind it. */
static int
side_service(HtmlPage *page, int row, int rows)
{
	const char *code = page_value(row, SIDE_CODE);

	page_open(page, "div", "multiple");
	page_element(page, "h3", NULL, page_value(row, SIDE_SERVICE));
	page_table_open(page, WORD_PER_INHABITANT, SIDE_COLUMNS, lengthof(SIDE_COLUMNS));
	for (; row < rows && strcmp(page_value(row, SIDE_CODE), code) == 0; row++)
		side_row(page, row);
	page_table_close(page);
	page_close(page, "div");
	return row;
}

/* Writes the section. */
void
page_side(HtmlPage *page)
{
	int rows;

	page_section_open(page, "side", WORD_SIDE);
	page_open(page, "p", "intro");
	page_text(page, page_word(page, WORD_SIDE_INTRO));
	page_amounts_in(page);
	page_close(page, "p");
	rows = page_query(page, page->has_deviation ? SIDE_QUERY(SIDE_COMPARED)
												: SIDE_QUERY(SIDE_COMPARED_0_5));
	if (rows == 0)
		page_nothing(page);
	page_open(page, "div", "multiples");
	for (int row = 0; row < rows;)
		row = side_service(page, row, rows);
	page_close(page, "div");
	page_section_close(page);
}
