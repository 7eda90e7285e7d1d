/*
 * page_saving.c
 *	  Savings: the ledger of the period with the columns that councils print, and what of it no budget knows.
 *
 * A saving of no service, or of no participant, is of all of them: it is on pages of all that the role may read.
 */
#include "postgres.h"

#include "pages/page_figure.h"
#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

static const PageColumn SAVING_COLUMNS[] = {{WORD_SAVING, KIND_TEXT},
											{WORD_OWNER, KIND_TEXT},
											{WORD_SUBJECT, KIND_OF},
											{WORD_STATE, KIND_WORD},
											{WORD_STRUCTURAL_OR_NOT, KIND_WORD},
											{WORD_AT_BEGIN, KIND_MONEY},
											{WORD_SAVED_ALLOCATED, KIND_MONEY},
											{WORD_REALISED, KIND_MONEY},
											{WORD_WRITTEN_OFF, KIND_MONEY},
											{WORD_POSTPONED, KIND_MONEY},
											{WORD_REMAINING, KIND_MONEY}};

#define SAVING_TEXTS 5 /* columns before the figures */

static const PageColumn RISK_COLUMNS[] = {{WORD_SUBJECT, KIND_OF},
										  {WORD_HEADROOM, KIND_MONEY},
										  {WORD_AT_RISK, KIND_MONEY},
										  {WORD_HEADROOM_AT_RISK, KIND_MONEY}};

/* What a row is of, in words: of its service, which for a council is the one at the top above it, and of its participant. */
#define SAVING_SUBJECT                                                                             \
	"nullif(concat_ws(', ', CASE WHEN $4 = 'council' THEN top.name ELSE place.name END, "          \
	"scope.name), '')"

/* Names its service and participant, and leaves out what is not of the page. */
#define SAVING_OF_PAGE(row)                                                                        \
	"LEFT JOIN place ON place.code = " row ".service "                                             \
	"LEFT JOIN place AS top ON top.code = place.root "                                             \
	"LEFT JOIN scope ON scope.code = " row ".participant "                                         \
	"WHERE CASE WHEN " row ".participant IS NULL THEN " PAGE_IS_OF_ALL                             \
	" ELSE scope.code IS NOT NULL END "                                                            \
	"AND CASE WHEN " row ".service IS NULL THEN " PAGE_HAS_ALL_SERVICES " ELSE place.is_in END "

/* The parts of savings, and behind them what they come to together. */
#define SAVING_QUERY                                                                                           \
	"WITH part AS MATERIALIZED (SELECT saving.*, " SAVING_SUBJECT " AS subject, "                              \
	"row_number() OVER (ORDER BY saving.state DESC, saving.saving COLLATE \"C\", "                             \
	"saving.cap_id NULLS FIRST) AS place "                                                                     \
	"FROM steering.saving_ledger($1) AS saving " SAVING_OF_PAGE(                                               \
		"saving") ") "                                                                                         \
				  "SELECT saving, owner, subject, state, "                                                     \
				  "CASE WHEN structural THEN 'structural' ELSE 'incidental' END, sum(at_begin), "              \
				  "sum(allocated), sum(realised), sum(written_off), sum(postponed), sum(remaining) FROM part " \
				  "GROUP BY GROUPING SETS ((place, saving, owner, subject, state, structural), ()) "           \
				  "ORDER BY place NULLS LAST LIMIT 500"

/* What of savings is at risk, of what is expected to be left. */
#define RISK_QUERY                                                                                 \
	"SELECT " SAVING_SUBJECT ", risk.expected_headroom, risk.saving_at_risk, "                     \
	"risk.headroom_at_risk FROM steering.outlook_risk($3, $1) AS risk " SAVING_OF_PAGE(            \
		"risk") "AND risk.saving_at_risk <> 0 ORDER BY risk.saving_at_risk DESC, "                 \
				"risk.service COLLATE \"C\", risk.participant COLLATE \"C\" LIMIT 100"

/* Whether any saving is at risk, before outlooks are computed for it. */
#define RISK_EXISTS                                                                                \
	"SELECT FROM steering.saving_status WHERE state = 'central' AND remaining <> 0 LIMIT 1"

/* Writes what the savings come to, of the last row. */
static void
saving_total(HtmlPage *page, int row)
{
	page_row_open(page, page_word(page, WORD_TOTAL), true);
	for (int i = 1; i < SAVING_TEXTS; i++)
		page_markup(page, "<td></td>");
	for (int i = SAVING_TEXTS; i < (int) lengthof(SAVING_COLUMNS); i++)
		page_figure_cell(page, page_value(row, i), PAGE_MONEY);
	page_markup(page, "</tr>\n");
}

/* Writes the savings, the last row of which is their total. */
static void
saving_rows(HtmlPage *page, int rows)
{
	page_open(page, "div", "sums");
	page_table_open(page, WORD_SAVINGS, SAVING_COLUMNS, lengthof(SAVING_COLUMNS));
	for (int row = 0; row < rows - 1; row++)
		page_list_row(page, SAVING_COLUMNS, lengthof(SAVING_COLUMNS), row);
	saving_total(page, rows - 1);
	page_table_close(page);
	page_close(page, "div");
}

/* Writes the savings, which are there from 0.6 on. */
void
page_savings(HtmlPage *page)
{
	int rows;

	if (!page->has_deviation)
		return;
	page_section_open(page, "savings", WORD_SAVINGS);
	page_word_element(page, "p", "intro", WORD_SAVINGS_INTRO);
	rows = page_query(page, SAVING_QUERY);
	if (rows > 1)
		saving_rows(page, rows);
	else
		page_nothing(page);
	page_section_close(page);
}

/* Writes what of savings is a risk, and what risks may cost together. */
void
page_risk(HtmlPage *page)
{
	if (!page->has_deviation)
		return;
	page_section_open(page, "risk", WORD_RISK);
	page_word_element(page, "p", "intro", WORD_RISK_INTRO);
	if (page_query(page, RISK_EXISTS) == 0)
		page_nothing(page);
	else
		page_list(page, WORD_AT_RISK, RISK_COLUMNS, lengthof(RISK_COLUMNS), RISK_QUERY);
	page_resilience(page);
	page_section_close(page);
}
