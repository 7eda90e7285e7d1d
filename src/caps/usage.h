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
extern Usage usage_add(const Usage *a, const Usage *b);
extern Usage usage_subtract(const Usage *a, const Usage *b);
extern bool usage_add_within(const Usage *a, const Usage *b, int64 most, Usage *sum);

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
usage_sum_take(UsageSum *sum, const Usage *usage)
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

/* Tells whether nothing is used, or nothing changes. */
static inline bool
usage_is_zero(const Usage *usage)
{
	return usage->amount == 0 && usage->volume == 0 && usage->bookings == 0;
}

#endif
