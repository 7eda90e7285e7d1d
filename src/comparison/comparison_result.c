/*
 * comparison_result.c
 *	  What was achieved: targets and measurements of the main indicator of each service.
 */
#include "postgres.h"

#include "comparison/comparison.h"
#include "results/indicator_scan.h"

/* Takes in what is known of an indicator for a participant. */
static void
result_add_figures(const Indicator *indicator, int32 participant_id, const ResultFigures *figures,
				   void *context)
{
	Comparison *comparison = context;
	Pair pair = {indicator->service_id, participant_id};
	const TreeEntry *service = register_tree_find(comparison->services, pair.service_id);
	ComparisonPair *entry;

	if (!indicator->main || service == NULL)
		return;
	entry = comparison_pair(comparison, usage_total_of(comparison->usage, pair));
	entry->has_result = true;
	entry->is_additive = indicator->additive;
	entry->direction = indicator->direction;
	entry->unit = service->result_unit;
	entry->result = *figures;
	comparison->results_of_tops |= service->has_below;
}

/* Reads the results of the period. */
void
comparison_read_results(Comparison *comparison)
{
	indicator_visit(comparison->first_day, comparison->end_day, comparison->readable,
					result_add_figures, comparison);
}

/* Returns the result of a pair. */
ResultSum
comparison_result(const ComparisonPair *pair)
{
	const ResultFigures *figures = &pair->result;
	ResultSum result = {0};

	if (!pair->has_result)
		return result;
	result.is_known = true;
	result.is_additive = pair->is_additive;
	result.direction = pair->direction;
	result.unit = pair->unit;
	result.has_target = figures->has_target;
	result.has_measured = result.is_complete = figures->has_measured;
	result.has_compared = figures->has_compared;
	result.target = figures->has_target ? figures->target : 0;
	result.measured = figures->has_measured ? figures->measured : 0;
	result.compared = figures->has_compared ? figures->compared : 0;
	result.compared_target = figures->has_compared ? figures->target_measured : 0;
	return result;
}
