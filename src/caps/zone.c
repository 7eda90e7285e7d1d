/*
 * zone.c
 *	  How far usage may go without any step of the ladder acting, and how that is divided over stripes.
 *
 * The invariant: the ceilings of all stripes of a counter add up to the ceiling of the zone that its
 * usage stood in when it was divided, the floors to its floor. So as long as each stripe stays
 * between its own floor and ceiling, usage as a whole stays in the zone, and no stripe needs to know
 * of the others.
 */
#include "postgres.h"

#include "common/int.h"

#include "caps/zone.h"

/* A share must hold this many changes like the present one, or dividing is not worth it. */
#define ZONE_MIN_CHANGES 8

/*
 * Finds the zone around used in which no step acts on a change. False: there is none, since any
 * raise has to be judged: usage stands at a step that warns, or above one that blocks.
 */
bool
zone_around(Amount limit, const Ladder *ladder, Amount used, Zone *zone)
{
	zone->floor = ZONE_NO_FLOOR;
	zone->ceiling = ZONE_NO_CEILING;
	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderStep *step = &ladder->steps[i];
		Amount threshold = ladder_threshold(step, limit);

		if (step->action == LADDER_BLOCK)
		{
			if (used > threshold)
				return false;
			zone->ceiling = Min(zone->ceiling, threshold);
			continue;
		}
		/* No usage reaches no step, see verdict.c. */
		threshold = Max(threshold, 1);
		if (used < threshold)
			zone->ceiling = Min(zone->ceiling, threshold - 1);
		else if (step->action == LADDER_WARN)
			return false;
		else
			zone->floor = Max(zone->floor, threshold);
	}
	return true;
}

/* Tells whether a change keeps used in a zone. */
bool
zone_holds(const Zone *zone, Amount used, Amount delta)
{
	Amount after;

	if (pg_add_s64_overflow(used, delta, &after))
		return false;
	if (delta > 0)
		return zone->ceiling == ZONE_NO_CEILING || after <= zone->ceiling;
	return zone->floor == ZONE_NO_FLOOR || after >= zone->floor;
}

/*
 * Cuts from one side of a zone equal shares for others; room is what lies between used and that
 * side. False: the room is too small for shares that are worth it.
 */
static bool
zone_share_room(Amount room, int others, Amount delta, Amount *share)
{
	Amount least;

	*share = room / (others + 1);
	return !pg_mul_s64_overflow(delta < 0 ? -delta : delta, ZONE_MIN_CHANGES, &least) &&
		   *share >= least;
}

/*
 * Divides a zone, in which one stripe stands at used, with others that begin at 0: sets the share of
 * each other and takes them all off the zone. False, and nothing is changed: the shares would be too
 * small for changes like delta.
 */
bool
zone_share(Zone *zone, Amount used, int others, Amount delta, Zone *share)
{
	Amount room;
	Amount up = 0;
	Amount down = 0;

	if (delta == PG_INT64_MIN)
		return false;
	if (zone->ceiling != ZONE_NO_CEILING && (pg_sub_s64_overflow(zone->ceiling, used, &room) ||
											 !zone_share_room(room, others, delta, &up)))
		return false;
	if (zone->floor != ZONE_NO_FLOOR && (pg_sub_s64_overflow(used, zone->floor, &room) ||
										 !zone_share_room(room, others, delta, &down)))
		return false;

	share->ceiling = zone->ceiling == ZONE_NO_CEILING ? ZONE_NO_CEILING : up;
	share->floor = zone->floor == ZONE_NO_FLOOR ? ZONE_NO_FLOOR : -down;
	if (zone->ceiling != ZONE_NO_CEILING)
		zone->ceiling -= others * up;
	if (zone->floor != ZONE_NO_FLOOR)
		zone->floor += others * down;
	return true;
}
