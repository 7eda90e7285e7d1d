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
 * Where usage has sunk below the beginning of its zone, which nodes do without asking, and rises again, a step that
 * only records is crossed once more and does not say so. What refuses or warns is not affected: beyond such a step there
 * is no zone, and every raise is judged by a node that is alone.
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

/*
 * Lends in the zone around a usage, where the others have so much: what is wanted and a share of what remains, so that
 * others find some too. False: that is not in the zone, or there is none.
 *
 * Never less than what the asker has: it keeps that where the transaction that asks is rolled back. So one that judges
 * alone goes on with that until another node asks, to which it then says what it uses.
 */
static bool
lend_in_zone(const LendQuestion *question, int128 around, int128 others, Amount *ceiling)
{
	const LendNode *asker = &question->nodes[question->asker];
	int128 least = Max(question->wanted, asker->ceiling);
	int128 remaining;
	Zone zone;

	if (!asker->known || around != amount_clamp(around) ||
		!zone_around(question->limit, question->ladder, (Amount) around, &zone))
		return false;
	remaining = zone.ceiling - others - least;
	if (remaining < 0)
		return false;
	*ceiling = (Amount) Min(least + remaining / (question->count + 1), ZONE_HIGHEST);
	return *ceiling >= least;
}

/*
 * Answers from what is known without asking anybody. Of a node that nobody has asked yet nothing is known, and after
 * a change of the cap it is not known in which zone usage stands.
 */
LendResult
lend_at_once(const LendQuestion *question, Amount *ceiling)
{
	const LendNode *asker = &question->nodes[question->asker];
	int128 others;

	if (!question->as_lent || !asker->known || !lend_others(question, &others))
		return LEND_ASK;
	*ceiling = asker->ceiling;
	if (question->wanted <= asker->ceiling && question->used <= asker->ceiling)
		return LEND_NOTHING;
	if (lend_in_zone(question, others + Max(asker->ceiling, question->used), others, ceiling))
		return LEND_CEILING;
	return LEND_ASK;
}

/*
 * Answers when all others were asked: also those whose ceiling is what they used when they were asked last, and those
 * that never booked, since they may use less by now, even less than nothing, and what is refused must not fit. One that
 * has not answered keeps what it has: then room may still be lent in the zone, but nobody judges alone.
 */
LendResult
lend_after_asking(const LendQuestion *question, Amount *ceiling)
{
	bool all = lend_all_answered(question);
	int128 others;

	if (!lend_others(question, &others) || !(all || question->as_lent))
		return LEND_UNSURE;
	if (lend_in_zone(question, others + question->used, others, ceiling))
		return LEND_CEILING;
	if (!all)
		return LEND_UNSURE;
	*ceiling = amount_narrow(others);
	return LEND_ALONE;
}
