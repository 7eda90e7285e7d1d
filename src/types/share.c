/*
 * share.c
 *	  The share of some months in what holds for a range of months.
 *
 * A total over n months grows by rounded steps: after k of them it stands at total * k / n, and after
 * all of them at the total itself. The share of some of the months is the difference of two such
 * values. So however a range is cut into months, the shares sum exactly to the total.
 */
#include "sp71_steering.h"

#include "types/share.h"

/* Divides by a positive number and rounds half away from zero. */
int128
share_round(int128 dividend, int128 divisor)
{
	int128 quotient = dividend / divisor;
	int128 rest = dividend % divisor;

	if (2 * (rest < 0 ? -rest : rest) >= divisor)
		quotient += dividend < 0 ? -1 : 1;
	return quotient;
}

/* Returns how many months two ranges have in common. */
int32
months_in_common(PeriodRange a, PeriodRange b)
{
	return Max(0, Min(a.end_month, b.end_month) - Max(a.first_month, b.first_month));
}

/* Returns where the total stands after so many of its months. */
static int128
share_after(Amount total, int32 months, int32 of_months, int64 unit)
{
	if (months == of_months)
		return total;
	return share_round((int128) total * months, (int128) of_months * unit) * unit;
}

/*
 * Returns the share that the months of a part have in a total over the whole, rounded to a unit (in
 * 1/10000); 0 where they have no month in common. Error: 22003.
 */
Amount
share_of_months(Amount total, PeriodRange whole, PeriodRange part, int64 unit)
{
	int32 months = whole.end_month - whole.first_month;
	int32 before = Max(part.first_month, whole.first_month) - whole.first_month;
	int32 after = Min(part.end_month, whole.end_month) - whole.first_month;

	if (before >= after)
		return 0;
	return amount_narrow(share_after(total, after, months, unit) -
						 share_after(total, before, months, unit));
}
