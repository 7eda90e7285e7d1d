/*
 * page_owed.c
 *	  What participants owe: the settlement, and shared cost that was divided.
 */
#include "postgres.h"

#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"

static const PageColumn SETTLEMENT_COLUMNS[] = {{WORD_PARTICIPANT, KIND_TEXT},
												{WORD_LINE, KIND_WORD},
												{WORD_AMOUNT, KIND_MONEY},
												{WORD_TOTAL, KIND_TOTAL}};

static const PageColumn ALLOCATION_COLUMNS[] = {{WORD_PARTICIPANT, KIND_TEXT},
												{WORD_DIRECT, KIND_MONEY},
												{WORD_ALLOCATED, KIND_MONEY},
												{WORD_TOTAL, KIND_MONEY}};

/* The lines of closed periods in this one: what was billed. */
#define SETTLEMENT_QUERY                                                                               \
	"SELECT scope.name, coalesce(line, 'to_pay'), sum(amount), line IS NULL FROM steering.settlement " \
	"JOIN scope ON scope.code = settlement.participant "                                               \
	"WHERE settlement.reopened_at IS NULL AND settlement.valid_from >= " PAGE_FIRST                    \
	" AND settlement.valid_to <= " PAGE_LAST                                                           \
	" GROUP BY scope.code, scope.name, GROUPING SETS ((line), ()) "                                    \
	"ORDER BY scope.code COLLATE \"C\", line NULLS LAST LIMIT 500"

/* What each participant bears. */
#define ALLOCATION_QUERY                                                                           \
	"SELECT scope.name, sum(cost.direct), sum(cost.allocated), sum(cost.cost) "                    \
	"FROM steering.allocated_cost($1) AS cost JOIN scope ON scope.code = cost.participant "        \
	"GROUP BY scope.code, scope.name ORDER BY scope.code COLLATE \"C\" LIMIT 500"

/* Writes the settlement. */
void
page_settlement(HtmlPage *page)
{
	page_section_open(page, "settlement", WORD_SETTLEMENT);
	page_word_element(page, "p", "intro", WORD_SETTLEMENT_INTRO);
	page_list(page, WORD_SETTLEMENT, SETTLEMENT_COLUMNS, lengthof(SETTLEMENT_COLUMNS),
			  SETTLEMENT_QUERY);
	page_section_close(page);
}

/* Writes the allocation, for who may see it: it is of all participants. */
void
page_allocation(HtmlPage *page)
{
	if (page_query(page, "SELECT has_function_privilege('steering.allocated_cost(text,text)', "
						 "'EXECUTE')") != 1 ||
		!page_is_true(0, 0))
		return;
	page_section_open(page, "allocation", WORD_ALLOCATION);
	page_flow(page);
	page_list(page, WORD_ALLOCATION, ALLOCATION_COLUMNS, lengthof(ALLOCATION_COLUMNS),
			  ALLOCATION_QUERY);
	page_section_close(page);
}
