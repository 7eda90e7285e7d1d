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

/* Usage may move from floor to ceiling, both included. */
typedef struct Zone
{
	Amount floor;
	Amount ceiling;
} Zone;

/*
 * Where no step bounds a side, this does: half of what an amount holds, so that room, the distance of
 * any two in a zone, is an amount too.
 */
#define ZONE_LOWEST (-(PG_INT64_MAX / 2))
#define ZONE_HIGHEST (PG_INT64_MAX / 2)

extern bool zone_between_steps(Amount limit, const Ladder *ladder, Amount used, Zone *zone,
							   bool *warns);
extern bool zone_around(Amount limit, const Ladder *ladder, Amount used, Zone *zone);
extern bool zone_has_room(const Zone *zone, Amount used, int128 delta);
extern bool zone_divide(Zone *zone, Amount used, int others, int128 delta, Zone *share);

#endif
