/*
 * lend.c
 *	  How much of a cap the coordinator lends to a node that asks.
 *
 * What holds, as long as limit and ladder stay: the ceilings of all nodes add up to no more than the ceiling of the
 * zone in which usage of all together stood when all were asked last (rules/zone.c). So as long as each stays below
 * its own, no step can act, and none needs to know of the others. The sum stands in that zone too, so that the zone
 * is found again from it.
 *
 * When usage comes near to the zone's end, room that others have and do not use is taken back; and when there is not
 * enough of that, the asker gets all there is by judging alone: nobody else can raise usage then without asking.
 *
 * Above a step that warns room is lent as below it. Nobody knows there what all use together, so that whoever books is
 * told what his node knows (bookings/room.c).
 *
 * Where usage has sunk below the beginning of its zone, which nodes do without asking, and rises again, a step that
 * only records is crossed once more and does not say so. What warns does, where the node has sunk that raises: it asks
 * then, and all are asked.
 */
#include "postgres.h"

#include "lending/lend.h"
#include "rules/zone.h"

/* Returns what all but the asker have together; false: one has nobody knows how much. */
static bool
lend_others(const LendQuestion *question, int128 *sum)
{
	*sum = 0;
	for (int i = 0; i < question->count; i++)
	{
		if (i == question->asker)
			continue;
		if (!question->nodes[i].known)
			return false;
		*sum += question->nodes[i].ceiling;
	}
	return true;
}

/* Tells whether all but the asker have just said what they use. */
static bool
lend_all_answered(const LendQuestion *question)
{
	for (int i = 0; i < question->count; i++)
		if (i != question->asker && !question->nodes[i].answered)
			return false;
	return true;
}

/* Finds the zone in which a usage of all together is, and whether it stands at a step that warns there. */
static bool
lend_find_zone(const LendQuestion *question, int128 around, Zone *zone, bool *warns)
{
	return around == amount_clamp(around) &&
		   zone_between_steps(question->limit, question->ladder, (Amount) around, zone, warns);
}

/*
 * Lends in the zone around a usage, where the others have so much: what is wanted and a share of what remains, so that
 * others find some too; or exactly what is wanted. False: that is not in the zone, or there is none, or it begins above
 * what is known to be used and warns: then it is not known whether that does.
 *
 * Never less than what the asker has: it keeps that where the transaction that asks is rolled back. So one that judges
 * alone goes on with that until another node asks, to which it then says what it uses.
 */
static bool
lend_in_zone(const LendQuestion *question, int128 around, int128 others, LendRoom *room)
{
	const LendNode *asker = &question->nodes[question->asker];
	int128 least = Max(question->wanted, asker->ceiling);
	int128 remaining;
	Zone zone;

	if (!asker->known || !lend_find_zone(question, around, &zone, &room->warns) ||
		(room->warns && others + question->used < zone.floor))
		return false;
	remaining = zone.ceiling - others - least;
	if (remaining < 0)
		return false;
	if (question->exactly)
		remaining = 0;
	room->ceiling = (Amount) Min(least + remaining / (question->count + 1), ZONE_HIGHEST);
	return room->ceiling >= least;
}

/*
 * Tells whether what the asker has been lent is still worth it: all together stand in a zone, and if that warns, what
 * is known to be used does.
 */
static bool
lend_is_as_lent(const LendQuestion *question, int128 others, LendRoom *room)
{
	Zone zone;

	room->ceiling = question->nodes[question->asker].ceiling;
	return lend_find_zone(question, others + room->ceiling, &zone, &room->warns) &&
		   (!room->warns || others + question->used >= zone.floor);
}

/*
 * Answers from what is known without asking anybody. Of a node that nobody has asked yet nothing is known, and after
 * a change of the cap it is not known in which zone usage stands.
 */
LendResult
lend_at_once(const LendQuestion *question, LendRoom *room)
{
	const LendNode *asker = &question->nodes[question->asker];
	int128 others;

	if (!question->as_lent || !asker->known || !lend_others(question, &others))
		return LEND_ASK;
	room->elsewhere = amount_clamp(others);
	if (question->wanted <= asker->ceiling && question->used <= asker->ceiling)
		return lend_is_as_lent(question, others, room) ? LEND_NOTHING : LEND_ASK;
	if (lend_in_zone(question, others + Max(asker->ceiling, question->used), others, room))
		return LEND_CEILING;
	return LEND_ASK;
}

/*
 * Answers when all others were asked: also those whose ceiling is what they used when they were asked last, and those
 * that never booked, since they may use less by now, even less than nothing, and what is refused must not fit. One that
 * has not answered keeps what it has: then room may still be lent in the zone, but nobody judges alone.
 */
LendResult
lend_after_asking(const LendQuestion *question, LendRoom *room)
{
	bool all = lend_all_answered(question);
	int128 others;

	if (!lend_others(question, &others) || !(all || question->as_lent))
		return LEND_UNSURE;
	room->elsewhere = amount_clamp(others);
	if (lend_in_zone(question, others + question->used, others, room))
		return LEND_CEILING;
	if (!all)
		return LEND_UNSURE;
	room->elsewhere = amount_narrow(others);
	return LEND_ALONE;
}
