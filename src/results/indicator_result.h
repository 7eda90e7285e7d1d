/*
 * indicator_result.h
 *	  What is known of an indicator for a participant: targets, and the sum of what was measured.
 */
#ifndef SP71_INDICATOR_RESULT_H
#define SP71_INDICATOR_RESULT_H

#include "sp71_steering.h"

#include "results/indicator_list.h"
#include "types/amount.h"
#include "types/period_range.h"

/* A target, with the others of the same indicator and participant. */
typedef struct Target
{
	PeriodRange months;
	Amount value;
	struct Target *next;
} Target;

/* Sums are those of an additive indicator; of another, what is the last in time. */
typedef struct IndicatorResult
{
	int32 participant_id;
	const Indicator *indicator;
	Target *targets;
	int32 months;      /* that were measured */
	int32 measured_to; /* end of the last measurement; 0: none */
	int32 compared_to; /* end of the last one that has a target; 0: none */
	int128 measured;
	int128 compared; /* what of it has a target */
	int128 goal;     /* the target of what is compared */
} IndicatorResult;

/* The outcome for a range of months. What is missing has no value: missing is never zero. */
typedef struct ResultFigures
{
	bool has_target;
	bool has_measured;
	bool has_compared;
	Amount target;
	Amount measured;
	int32 months_measured;
	Amount target_measured; /* the target of what is compared */
	Amount compared;
} ResultFigures;

extern void result_add_target(IndicatorResult *result, PeriodRange months, Amount value);
extern void result_add_measurement(IndicatorResult *result, PeriodRange months, Amount value);
extern ResultFigures result_figures(const IndicatorResult *result, PeriodRange months);

#endif
