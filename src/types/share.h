/*
 * share.h
 *	  The share of some months in what holds for a range of months.
 *	  Knows nothing of fmgr, of days, or of tables.
 */
#ifndef SP71_SHARE_H
#define SP71_SHARE_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "types/period_range.h"

extern Amount share_of_months(Amount total, PeriodRange whole, PeriodRange part, int64 unit);
extern int32 months_in_common(PeriodRange a, PeriodRange b);
extern int128 share_round(int128 dividend, int128 divisor);

#endif
