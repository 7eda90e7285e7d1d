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

extern Usage usage_add(const Usage *a, const Usage *b);
extern Usage usage_subtract(const Usage *a, const Usage *b);

/* Tells whether nothing is used, or nothing changes. */
static inline bool
usage_is_zero(const Usage *usage)
{
	return usage->amount == 0 && usage->volume == 0 && usage->bookings == 0;
}

#endif
