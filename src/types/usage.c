/*
 * usage.c
 *	  What bookings consume: the three sums that are kept of them.
 */
#include "postgres.h"

#include "types/usage.h"

/* Makes usage of a sum of changes; 22003: it does not fit. */
Usage
usage_narrow(const UsageSum *sum)
{
	Usage usage;

	usage.amount = amount_narrow(sum->amount);
	usage.volume = amount_narrow(sum->volume);
	usage.bookings = sum->bookings;
	return usage;
}

/* Tells whether none of the three is further from zero than most. */
bool
usage_sum_is_within(const UsageSum *sum, int64 most)
{
	return sum->amount <= most && sum->amount >= -most && sum->volume <= most &&
		   sum->volume >= -most && sum->bookings <= most && sum->bookings >= -most;
}

/* Takes out of a sum as much of it as fits: all of it, unless it is more than usage can be. */
Usage
usage_sum_take_out(UsageSum *sum)
{
	Usage usage = {amount_clamp(sum->amount), amount_clamp(sum->volume), sum->bookings};

	sum->amount -= usage.amount;
	sum->volume -= usage.volume;
	sum->bookings = 0;
	return usage;
}
