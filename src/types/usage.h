/*
 * usage.h
 *	  What bookings consume: the three sums that are kept of them.
 */
#ifndef SP71_USAGE_H
#define SP71_USAGE_H

#include "sp71_steering.h"

#include "types/amount.h"

typedef struct Usage
{
	Amount amount;
	Amount volume;
	int64 bookings;
} Usage;

/* A sum of changes, wide enough for any order of them to come to a result that fits. */
typedef struct UsageSum
{
	int128 amount;
	int128 volume;
	int64 bookings;
} UsageSum;

extern Usage usage_narrow(const UsageSum *sum);
extern bool usage_sum_is_within(const UsageSum *sum, int64 most);
extern Usage usage_sum_take_out(UsageSum *sum);

/* Adds one sum to another. */
static inline void
usage_sum_add(UsageSum *sum, const UsageSum *other)
{
	sum->amount += other->amount;
	sum->volume += other->volume;
	sum->bookings += other->bookings;
}

/* Adds usage to a sum. */
static inline void
usage_sum_add_usage(UsageSum *sum, const Usage *usage)
{
	sum->amount += usage->amount;
	sum->volume += usage->volume;
	sum->bookings += usage->bookings;
}

/* Tells whether nothing changes. */
static inline bool
usage_sum_is_zero(const UsageSum *sum)
{
	return sum->amount == 0 && sum->volume == 0 && sum->bookings == 0;
}

#endif
