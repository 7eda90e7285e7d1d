/*
 * usage.c
 *	  What bookings consume: the three sums that are kept of them. Overflow is an error (22003).
 */
#include "postgres.h"

#include "common/int.h"

#include "caps/usage.h"

/* Raises that a number of bookings does not fit. */
static void
usage_out_of_range(void)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("bigint out of range")));
}

/* Makes usage of a sum of changes. */
Usage
usage_narrow(const UsageSum *sum)
{
	Usage usage;

	usage.amount = amount_narrow(sum->amount);
	usage.volume = amount_narrow(sum->volume);
	usage.bookings = sum->bookings;
	return usage;
}

/* Returns a + b. */
Usage
usage_add(const Usage *a, const Usage *b)
{
	Usage sum;

	sum.amount = amount_add(a->amount, b->amount);
	sum.volume = amount_add(a->volume, b->volume);
	if (pg_add_s64_overflow(a->bookings, b->bookings, &sum.bookings))
		usage_out_of_range();
	return sum;
}

/*
 * Sets *sum to a + b, of which none of the three may be further from zero than most. False: one is, and
 * *sum means nothing.
 */
bool
usage_add_within(const Usage *a, const Usage *b, int64 most, Usage *sum)
{
	return !pg_add_s64_overflow(a->amount, b->amount, &sum->amount) &&
		   !pg_add_s64_overflow(a->volume, b->volume, &sum->volume) &&
		   !pg_add_s64_overflow(a->bookings, b->bookings, &sum->bookings) && sum->amount <= most &&
		   sum->amount >= -most && sum->volume <= most && sum->volume >= -most &&
		   sum->bookings <= most && sum->bookings >= -most;
}

/* Returns a - b. */
Usage
usage_subtract(const Usage *a, const Usage *b)
{
	Usage difference;

	difference.amount = amount_subtract(a->amount, b->amount);
	difference.volume = amount_subtract(a->volume, b->volume);
	if (pg_sub_s64_overflow(a->bookings, b->bookings, &difference.bookings))
		usage_out_of_range();
	return difference;
}
