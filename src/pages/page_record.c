/*
 * page_record.c
 *	  What happened and what waits: decisions, closed periods, refusals, events; and how figures were computed.
 */
#include "postgres.h"

#include "pages/page_query.h"
#include "pages/page_section.h"
#include "pages/page_table.h"
#include "settings.h"

static const PageColumn DECISION_COLUMNS[] =
	{{WORD_DECISION, KIND_TEXT},    {WORD_ACT, KIND_TEXT},      {WORD_SERVICE, KIND_TEXT},
	 {WORD_PARTICIPANT, KIND_TEXT}, {WORD_AMOUNT, KIND_AMOUNT}, {WORD_WAITS_FOR, KIND_TEXT},
	 {WORD_REASON, KIND_TEXT},      {WORD_SINCE, KIND_DAY}};

static const PageColumn CLOSED_COLUMNS[] = {{WORD_PERIOD, KIND_TEXT},
											{WORD_CLOSED_AT, KIND_DAY},
											{WORD_CLOSED_BY, KIND_TEXT},
											{WORD_REASON, KIND_TEXT}};

static const PageColumn REFUSAL_COLUMNS[] = {{WORD_WHEN, KIND_MOMENT},
											 {WORD_CODE, KIND_TEXT},
											 {WORD_SERVICE, KIND_TEXT},
											 {WORD_PARTICIPANT, KIND_TEXT},
											 {WORD_ASKED, KIND_AMOUNT},
											 {WORD_TOO_MUCH, KIND_AMOUNT}};

static const PageColumn EVENT_COLUMNS[] = {{WORD_WHEN, KIND_MOMENT},
										   {WORD_KIND, KIND_WORD},
										   {WORD_SERVICE, KIND_TEXT},
										   {WORD_PARTICIPANT, KIND_TEXT},
										   {WORD_AMOUNT, KIND_AMOUNT},
										   {WORD_USED, KIND_AMOUNT},
										   {WORD_REASON, KIND_TEXT}};

/* Each signature that could be given now; a decision of nobody in particular is for who may sign it. */
#define DECISION_QUERY                                                                             \
	"SELECT proposal.decision, proposal.act, proposal.service, proposal.participant, "             \
	"proposal.amount, proposal.functionary, proposal.reason, proposal.proposed_at::date "          \
	"FROM steering.proposal WHERE $2 IS NULL OR proposal.participant IS NULL "                     \
	"OR proposal.participant IN (SELECT code FROM scope) "                                         \
	"ORDER BY proposal.decision, proposal.functionary LIMIT 100"

#define CLOSED_QUERY                                                                               \
	"SELECT period, closed_at::date, closed_by, reason FROM steering.closed_period "               \
	"WHERE first_day <= " PAGE_LAST " AND last_day >= " PAGE_FIRST                                 \
	" ORDER BY first_day, last_day LIMIT 100"

#define REFUSAL_QUERY                                                                              \
	"SELECT to_char(refused_at, 'YYYY-MM-DD HH24:MI'), sqlstate, service, participant, asked, "    \
	"too_much FROM steering.refusal WHERE booked_on BETWEEN " PAGE_FIRST " AND " PAGE_LAST         \
	" AND participant IN (SELECT code FROM scope) ORDER BY refusal_id DESC LIMIT 20"

/* The last events, with the names of what they are of. */
#define EVENT_QUERY                                                                                 \
	"WITH last AS MATERIALIZED (SELECT event_id, recorded_at, kind, service, participant, amount, " \
	"used, reason FROM steering.event WHERE during && " PAGE_DAYS                                   \
	" AND participant IN (SELECT code FROM scope) ORDER BY event_id DESC LIMIT 30) "                \
	"SELECT to_char(last.recorded_at, 'YYYY-MM-DD HH24:MI'), last.kind, "                           \
	"coalesce(place.name, last.service), scope.name, last.amount, last.used, last.reason "          \
	"FROM last LEFT JOIN place ON place.code = last.service "                                       \
	"LEFT JOIN scope ON scope.code = last.participant ORDER BY last.event_id DESC"

/* Figures of a page, and which view or function each is of. */
static const struct
{
	PageWord word;
	const char *source;
} RECORD_METHODS[] = {
	{WORD_MONEY, "steering.cap_status, steering.budget_status, steering.cap_outlook()"},
	{WORD_DEVIATIONS, "steering.deviation(), steering.explanation"},
	{WORD_RESULT, "steering.cost_versus_result(), steering.cost_versus_result_below()"},
	{WORD_INDICATORS, "steering.result, steering.indicator_status"},
	{WORD_YEAR, "steering.usage_by_month, steering.outlook_by_method()"},
	{WORD_SIDE, "steering.compare_services()"},
	{WORD_SETTLEMENT, "steering.settlement"},
	{WORD_ALLOCATION, "steering.allocated_cost()"},
	{WORD_SAVINGS, "steering.saving_ledger()"},
	{WORD_RESERVE,
	 "steering.resilience(), steering.supplier_health(), steering.arrangement_health()"},
	{WORD_RISK, "steering.outlook_risk(), steering.resilience()"},
	{WORD_LAWFULNESS, "steering.lawfulness, steering.lawfulness_deviation"},
	{WORD_DECISIONS, "steering.proposal"},
	{WORD_CLOSED, "steering.closed_period"},
	{WORD_REFUSALS, "steering.refusal"},
	{WORD_EVENTS, "steering.event"},
	{WORD_LOG_HEAD, "steering.log_head()"},
};

/* Writes the decisions that wait. */
void
page_decisions(HtmlPage *page)
{
	page_section_open(page, "decisions", WORD_DECISIONS);
	page_list(page, WORD_DECISIONS, DECISION_COLUMNS, lengthof(DECISION_COLUMNS), DECISION_QUERY);
	page_section_close(page);
}

/* Writes the closed periods. */
void
page_closed(HtmlPage *page)
{
	page_section_open(page, "closed", WORD_CLOSED);
	page_list(page, WORD_CLOSED, CLOSED_COLUMNS, lengthof(CLOSED_COLUMNS), CLOSED_QUERY);
	page_section_close(page);
}

/*
 * Writes the last refusals; what single bookings are refused for is no council's. Where they are not kept, an empty list
 * does not say that there were none.
 */
void
page_refusals(HtmlPage *page)
{
	if (page->level == LEVEL_COUNCIL)
		return;
	page_section_open(page, "refusals", WORD_REFUSALS);
	if (steering_record_refusals != RECORD_REFUSALS_TABLE)
		page_word_element(page, "p", "intro", WORD_REFUSALS_NOT_KEPT);
	page_list(page, WORD_REFUSALS, REFUSAL_COLUMNS, lengthof(REFUSAL_COLUMNS), REFUSAL_QUERY);
	page_section_close(page);
}

/* Writes the last events, but for a council. */
void
page_events(HtmlPage *page)
{
	if (page->level == LEVEL_COUNCIL)
		return;
	page_section_open(page, "events", WORD_EVENTS);
	page_list(page, WORD_EVENTS, EVENT_COLUMNS, lengthof(EVENT_COLUMNS), EVENT_QUERY);
	page_section_close(page);
}

/* Writes where each figure is from: their comments in the database say how they are computed. */
void
page_methods(HtmlPage *page)
{
	static const PageColumn columns[] = {{WORD_FIGURE, KIND_TEXT}, {WORD_SOURCE, KIND_TEXT}};

	page_section_open(page, "method", WORD_METHOD);
	page_table_open(page, WORD_METHOD, columns, lengthof(columns));
	for (int i = 0; i < (int) lengthof(RECORD_METHODS); i++)
	{
		page_row_open(page, page_word(page, RECORD_METHODS[i].word), false);
		page_open(page, "td", NULL);
		page_element(page, "code", NULL, RECORD_METHODS[i].source);
		page_markup(page, "</td></tr>\n");
	}
	page_table_close(page);
	page_word_element(page, "p", "rounding", WORD_ROUNDING);
	page_section_close(page);
}
