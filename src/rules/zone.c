/*
 * zone.c
 *	  How far usage may go without any step of the ladder acting, and how that is divided over stripes.
 *
 * The invariant: the ceilings of all stripes of a counter add up to the ceiling of the zone that its
 * usage stood in when it was divided, the floors to its floor. So as long as each stripe stays
 * between its own floor and ceiling, usage as a whole stays in the zone, and no stripe needs to know
 * of the others. No zone is without bound: so the sum of the stripes fits an amount too.
 */
#include "postgres.h"

#include "common/int.h"

#include "rules/zone.h"

/* A share must hold this many changes like the present one, or dividing is not worth it. */
#define ZONE_MIN_CHANGES 8

/* Returns the lowest usage at which a step acts. No usage reaches no step, see verdict.c. */
static Amount
zone_acts_from(const LadderStep *step, Amount limit)
{
	Amount threshold = ladder_threshold(step, limit);

	if (!ladder_action_of(step)->is_exceeded)
		return Max(threshold, 1);
	return threshold == PG_INT64_MAX ? threshold : threshold + 1;
}

/*
 * Finds the zone around used in which a change crosses no step and none refuses it; warns: but one warns of
 * each raise. False: there is none. Any raise has to be judged, since usage stands above a step that blocks; or
 * usage is so far from zero that what changes it must look whether the sum fits.
 */
bool
zone_between_steps(Amount limit, const Ladder *ladder, Amount used, Zone *zone, bool *warns)
{
	*warns = false;
	zone->floor = ZONE_LOWEST;
	zone->ceiling = ZONE_HIGHEST;
	if (used < zone->floor || used > zone->ceiling)
		return false;
	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderActionProperties *action = ladder_action_of(&ladder->steps[i]);
		Amount acts_from = zone_acts_from(&ladder->steps[i], limit);

		if (used < acts_from)
			zone->ceiling = Min(zone->ceiling, acts_from - 1);
		else if (action->refuses)
			return false;
		else
		{
			*warns |= action->warns;
			zone->floor = Max(zone->floor, acts_from); /* a raise from below crosses it again */
		}
	}
	Assert(zone->floor <= used && used <= zone->ceiling);
	return true;
}

/* Finds the zone around used in which no step acts on a change. False: there is none, any raise has to be judged. */
bool
zone_around(Amount limit, const Ladder *ladder, Amount used, Zone *zone)
{
	bool warns;

	return zone_between_steps(limit, ladder, used, zone, &warns) && !warns;
}

/*
 * Tells whether usage stays within a zone with this change.
 *
 * Version 0.1.0 left sides without bound, written as the ends of int64. They are read as bounds at zero:
 * what is stored can be taken back, and anything else has the counter gathered and divided anew.
 */
bool
zone_has_room(const Zone *zone, Amount used, int128 delta)
{
	int128 after = used + delta;

	/* Only the side that the change moves to counts: what is out of a zone may always move back. */
	Assert(zone->floor <= zone->ceiling);
	if (delta > 0)
		return after <= (zone->ceiling == PG_INT64_MAX ? 0 : zone->ceiling);
	return after >= (zone->floor == PG_INT64_MIN ? 0 : zone->floor);
}

/*
 * Cuts from one side of a zone equal shares for others; room is what lies between used and that
 * side. False: the room is too small for shares that are worth it.
 */
static bool
zone_divide_room(Amount room, int others, int128 delta, Amount *share)
{
	Assert(others > 0);
	*share = room / (others + 1);
	return *share >= (delta < 0 ? -delta : delta) * ZONE_MIN_CHANGES;
}

/*
 * Divides a zone, in which one stripe stands at used, with others that begin at 0: sets the share of
 * each other and takes them all off the zone. False, and nothing is changed: the shares would be too
 * small for changes like delta, or delta is nothing, which does not say how large changes are.
 */
bool
zone_divide(Zone *zone, Amount used, int others, int128 delta, Zone *share)
{
	Amount room;
	Amount up;
	Amount down;

	/* What does not fit an amount is the room of a zone of 0.1.0, which is not divided. */
	if (delta == 0 || pg_sub_s64_overflow(zone->ceiling, used, &room) ||
		!zone_divide_room(room, others, delta, &up))
		return false;
	if (pg_sub_s64_overflow(used, zone->floor, &room) ||
		!zone_divide_room(room, others, delta, &down))
		return false;

	share->ceiling = up;
	share->floor = -down;
	zone->ceiling -= others * up;
	zone->floor += others * down;

	/* Each can move both ways by itself, and the sums are what they were. */
	Assert(share->floor <= 0 && share->ceiling >= 0);
	Assert(zone->floor <= used && used <= zone->ceiling);
	return true;
}
