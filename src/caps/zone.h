/*
 * zone.h
 *	  How far usage may go without any step of the ladder acting, and how that is divided over stripes.
 *	  Pure.
 */
#ifndef SP71_ZONE_H
#define SP71_ZONE_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "types/ladder.h"

/* Usage may move from floor to ceiling, both included. The ends of int64 mean: without bound. */
typedef struct Zone
{
	Amount floor;
	Amount ceiling;
} Zone;

#define ZONE_NO_FLOOR PG_INT64_MIN
#define ZONE_NO_CEILING PG_INT64_MAX

extern bool zone_around(Amount limit, const Ladder *ladder, Amount used, Zone *zone);
extern bool zone_holds(const Zone *zone, Amount used, Amount delta);
extern bool zone_share(Zone *zone, Amount used, int others, Amount delta, Zone *share);

#endif
