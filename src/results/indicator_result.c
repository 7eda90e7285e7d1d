/*
 * indicator_result.c
 *	  What is known of an indicator for a participant: targets, and the sum of what was measured.
 *
 * What was measured is compared with the target of the very months that were measured, so a year of
 * which five months are known is compared with five months of its target. A measurement of which
 * not all months have a target counts as measured, and is not compared.
 *
 * Targets come first, as all that have a month in the range that is asked for; then measurements.
 */
#include "sp71_steering.h"

#include "results/indicator_result.h"
#include "types/share.h"

/* Adds a target. */
void
result_add_target(IndicatorResult *result, PeriodRange months, Amount value)
{
	Target *target = palloc(sizeof(Target));

	target->months = months;
	target->value = value;
	target->next = result->targets;
	result->targets = target;
}

/* Returns the target of an additive indicator for some months; missing: how many have none. */
static int128
result_target_sum(const IndicatorResult *result, PeriodRange months, int32 *missing)
{
	int128 sum = 0;

	*missing = months.end_month - months.first_month;
	for (const Target *target = result->targets; target != NULL; target = target->next)
	{
		sum += share_of_months(target->value, target->months, months, 1);
		*missing -= months_in_common(target->months, months);
	}
	return sum;
}

/* Returns the last target that has one of these months; NULL: there is none. */
static const Target *
result_last_target(const IndicatorResult *result, PeriodRange months)
{
	const Target *last = NULL;

	for (const Target *target = result->targets; target != NULL; target = target->next)
		if (months_in_common(target->months, months) > 0 &&
			(last == NULL || target->months.first_month > last->months.first_month))
			last = target;
	return last;
}

/* Returns the target for some months, of which at least one has one. */
static int128
result_target(const IndicatorResult *result, PeriodRange months)
{
	int32 missing;

	if (result->indicator->additive)
		return result_target_sum(result, months, &missing);
	return result_last_target(result, months)->value;
}

/* Adds a measurement to a sum. */
static void
result_add_to_sum(IndicatorResult *result, PeriodRange months, Amount value)
{
	int32 missing;
	int128 goal = result_target_sum(result, months, &missing);

	result->measured += value;
	if (missing == 0)
	{
		result->compared += value;
		result->goal += goal;
		result->compared_to = Max(result->compared_to, months.end_month);
	}
}

/* Takes a measurement of a level instead of an earlier one. The target is that of its last month. */
static void
result_replace_level(IndicatorResult *result, PeriodRange months, Amount value)
{
	PeriodRange end = {months.end_month - 1, months.end_month};
	const Target *target = result_last_target(result, end);

	if (months.end_month > result->measured_to)
		result->measured = value;
	if (target != NULL && months.end_month > result->compared_to)
	{
		result->compared = value;
		result->goal = target->value;
		result->compared_to = months.end_month;
	}
}

/* Adds a measurement. */
void
result_add_measurement(IndicatorResult *result, PeriodRange months, Amount value)
{
	if (result->indicator->additive)
		result_add_to_sum(result, months, value);
	else
		result_replace_level(result, months, value);
	result->months += months.end_month - months.first_month;
	result->measured_to = Max(result->measured_to, months.end_month);
}

/*
 * Returns what the targets and measurements come to for the range of months that they were read for.
 * Error: 22003 a sum does not fit.
 */
ResultFigures
result_figures(const IndicatorResult *result, PeriodRange months)
{
	ResultFigures figures = {.has_target = result->targets != NULL,
							 .has_measured = result->measured_to != 0,
							 .has_compared = result->compared_to != 0,
							 .measured = amount_narrow(result->measured),
							 .months_measured = result->months,
							 .target_measured = amount_narrow(result->goal),
							 .compared = amount_narrow(result->compared)};

	if (figures.has_target)
		figures.target = amount_narrow(result_target(result, months));
	return figures;
}
