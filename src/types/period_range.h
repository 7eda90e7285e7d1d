/*
 * period_range.h
 *	  A period as people write it in a call: a fiscal period, or a range of whole months.
 *	  Knows nothing of fmgr, of the server's dates, or of the rest of the extension.
 */
#ifndef SP71_PERIOD_RANGE_H
#define SP71_PERIOD_RANGE_H

#include "types/fiscal_period.h"

/* Whole months, counted as in fiscal_period.h. */
typedef struct PeriodRange
{
	int32 first_month;
	int32 end_month; /* exclusive, and later */
} PeriodRange;

typedef enum PeriodRangeStatus
{
	PERIOD_RANGE_OK,
	PERIOD_RANGE_SYNTAX,
	PERIOD_RANGE_NO_SUCH_QUARTER,
	PERIOD_RANGE_NO_SUCH_MONTH,
	PERIOD_RANGE_NO_SUCH_YEAR,
	PERIOD_RANGE_NO_SUCH_DAY,
	PERIOD_RANGE_EMPTY,
	PERIOD_RANGE_UNBOUNDED,
	PERIOD_RANGE_PART_OF_MONTH
} PeriodRangeStatus;

extern PeriodRangeStatus period_range_parse(const char *string, PeriodRange *result);

#endif
