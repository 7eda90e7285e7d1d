/*
 * indicator_scan.h
 *	  Targets and measurements of a range of months: visits what they come to, for each indicator and
 *	  participant.
 */
#ifndef SP71_INDICATOR_SCAN_H
#define SP71_INDICATOR_SCAN_H

#include "sp71_steering.h"

#include "nodes/bitmapset.h"
#include "utils/date.h"

#include "results/indicator_list.h"
#include "results/indicator_result.h"

typedef void (*IndicatorVisitor)(const Indicator *indicator, int32 participant_id,
								 const ResultFigures *figures, void *context);

extern PeriodRange months_between(DateADT first_day, DateADT end_day);
extern void indicator_visit(DateADT first_day, DateADT end_day, const Bitmapset *participants,
							IndicatorVisitor visit, void *context);

#endif
