/*
 * comparison.c
 *	  Cost and results side by side: reads all of it, and goes through the pairs of a service and a
 *	  participant.
 *
 * Everything is read under the active snapshot, in one pass of each table, and put together in
 * memory: joins of queries would take several times as long.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "comparison/comparison.h"
#include "reports/kept_reading.h"

#define PAIRS_AT_FIRST 1024

/*
 * Notes which results cost more than was booked on their own service: those of services where
 * something was booked below them for the same participant.
 */
static void
comparison_find_cost_below(Comparison *comparison)
{
	const UsageTotals *usage = comparison->usage;

	for (int32 i = 0; comparison->results_of_tops && i < usage->count; i++)
	{
		Pair pair = usage->list[i].pair;
		const TreeEntry *service = register_tree_find(comparison->services, pair.service_id);

		CHECK_FOR_INTERRUPTS();
		if (usage->list[i].actual.bookings == 0 || service == NULL)
			continue;
		for (int j = 1; j < service->depth; j++)
		{
			int32 index =
				pair_index_find(usage->pairs, (Pair){service->path[j], pair.participant_id});

			if (index >= 0)
				comparison_pair(comparison, index)->cost_is_below = true;
		}
	}
}

/* Reads all that is known of the months from first_day until before end_day. */
static Comparison *
comparison_make(DateADT first_day, DateADT end_day)
{
	Comparison *comparison = palloc0(sizeof(Comparison));

	comparison->first_day = first_day;
	comparison->end_day = end_day;
	comparison->readable = usage_wanted_participants();
	comparison->units = unit_names_create();
	comparison->services = register_tree_of_services(comparison->units);
	comparison->participants = register_tree_of_participants();
	comparison->usage = usage_totals_create();
	comparison->room = PAIRS_AT_FIRST;
	comparison->pairs = palloc(comparison->room * sizeof(ComparisonPair));

	comparison_read_agreements(comparison);
	comparison_read_usage(comparison);
	comparison_read_results(comparison);
	comparison_read_budgets(comparison);
	if (comparison->usage->count > 0)
		(void) comparison_pair(comparison, comparison->usage->count - 1);
	comparison_find_cost_below(comparison);
	return comparison;
}

/* Returns all that is known of the months from first_day until before end_day; of a page, what it has read. */
Comparison *
comparison_read(DateADT first_day, DateADT end_day)
{
	char *name = psprintf("comparison from %d to %d, for %u", first_day, end_day, GetUserId());
	Comparison *comparison = kept_reading_find(name);
	MemoryContext caller;

	if (comparison != NULL)
		return comparison;
	caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
	comparison = comparison_make(first_day, end_day);
	kept_reading_add(name, comparison);
	MemoryContextSwitchTo(caller);
	return comparison;
}

/* Visits a pair that the caller may read, if it has something to show. */
static void
comparison_visit_pair(Comparison *comparison, int32 index, ComparisonVisitor visit, void *context)
{
	const UsageTotal *usage = &comparison->usage->list[index];
	const ComparisonPair *pair = &comparison->pairs[index];
	const TreeEntry *service = register_tree_find(comparison->services, usage->pair.service_id);
	AgreedSum agreed = comparison_agreed(comparison, pair);
	BudgetSum budget = comparison_budget(comparison, pair);
	ResultSum result = comparison_result(pair);
	ComparisonRow row = {.pair = usage->pair,
						 .actual = &usage->actual,
						 .committed = &usage->committed,
						 .cost_is_below = pair->cost_is_below,
						 .agreed = &agreed,
						 .budget = &budget,
						 .result = &result};

	if (usage->actual.bookings == 0 && usage->committed.bookings == 0 && !pair->has_agreement &&
		!budget.is_known && !pair->has_result)
		return;
	if (service != NULL && usage->actual.volume != 0)
		row.unit = service->unit;
	visit(&row, context);
}

/*
 * Visits the pairs that have usage, an agreement, a budget or a result, and that the caller may read.
 */
void
comparison_visit(Comparison *comparison, ComparisonVisitor visit, void *context)
{
	for (int32 i = 0; i < comparison->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (bms_is_member(comparison->usage->list[i].pair.participant_id, comparison->readable))
			comparison_visit_pair(comparison, i, visit, context);
	}
}
