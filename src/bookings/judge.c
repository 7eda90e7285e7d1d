/*
 * judge.c
 *	  Acting on a verdict: refuse, warn, record; at once or at commit.
 *
 * All caps that refuse a change are to be told of, so a refusal is added to a list, and raised when the
 * others have been judged too. What they would record or warn of is not looked at any more then.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "bookings/event.h"
#include "bookings/judge.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "rules/message.h"
#include "rules/refusal.h"
#include "rules/rulebook.h"
#include "rules/verdict.h"
#include "rules/zone.h"
#include "settings.h"

/* Records the steps that a change crossed, and warns where it stands above one that warns. */
static void
judge_announce(const CapFigures *figures, const Verdict *verdict, Amount after)
{
	const Ladder *ladder = figures->ladder;

	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderStep *step = &ladder->steps[i];
		Amount threshold = ladder_threshold(step, figures->amount);

		if (verdict->crossed & ((uint32) 1 << i))
			event_record(ladder_action_of(step)->name, figures, &threshold, &after, NULL);
		if (i == verdict->warns)
			message_warn(figures, threshold, after);
	}
}

/* Acts on what the ladder says of a change that is complete, which refusal describes up to now. */
static void
judge_act(Refusal *refusal, JudgeWhen when, List **refusals)
{
	const CapFigures *figures;
	Verdict verdict;

	/* What follows runs SQL, after which the cache may be another. */
	refusal->figures = figures = cap_figures_copy(refusal->figures);
	verdict = verdict_judge(figures->amount, figures->ladder, refusal->before, refusal->after);
	if (verdict.action == VERDICT_OK)
		return;
	if (verdict.refuses && when != JUDGE_NEVER)
	{
		refusal->blocks_at = verdict.blocks_at;
		*refusals = refusal_add(*refusals, refusal);
	}
	else if (*refusals == NIL)
		judge_announce(figures, &verdict, refusal->after);
}

/*
 * Judges what was just added to the counter of a cap, on behalf of the finance table relid: with what
 * the running statement added to it before.
 */
void
judge_change(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when, List **refusals)
{
	bool booking = when == JUDGE_BOOKING || when == JUDGE_AT_COMMIT;
	Refusal refusal = {.before = booking ? change->statement_before : change->before,
					   .after = change->after,
					   .net = change->net,
					   .relid = relid};
	const CapFigures *figures;
	Zone zone;

	if (change->quiet || change->after <= change->before)
		return;
	figures = cap_figures_of(cap_id, change->revision);
	if (figures == NULL)
		elog(ERROR, "cap %d not found", cap_id);
	if (verdict_judge(figures->amount, figures->ladder, refusal.before, refusal.after).action ==
		VERDICT_OK)
	{
		/* More may follow, which then need not be judged. */
		if (change->again && zone_around(figures->amount, figures->ladder, change->after, &zone))
			counter_note_zone(cap_id, &zone);
		return;
	}

	refusal.figures = figures;
	if (when == JUDGE_AT_COMMIT || (booking && steering_check_at == CHECK_AT_COMMIT))
		changed_counter_judge_at_commit(cap_id, relid);
	else
		judge_act(&refusal, when, refusals);
}

/*
 * Judges what counting anew did to a cap, on behalf of the table relid: what left was negative, or what
 * came is too much. At once; with check_at = commit as a part of the transaction's net effect. As the
 * caller, since the message tells figures only to who may read them.
 */
void
judge_recount(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when, List **refusals)
{
	bool at_commit = when == JUDGE_NOW && steering_check_at == CHECK_AT_COMMIT;

	changed_counter_note_recount(cap_id, (int128) change->after - change->before, !at_commit);
	if (!at_commit)
		judge_change(cap_id, change, relid, when, refusals);
	else if (change->after > change->before)
		changed_counter_judge_at_commit(cap_id, relid);
}

/*
 * Judges the net effect of the transaction on a cap. One that was dropped in it has nothing to say
 * any more.
 */
void
judge_at_commit(int32 cap_id, int128 net, Oid relid, List **refusals)
{
	Relation counters = counter_open();
	Refusal refusal = {.relid = relid};
	int32 revision;

	if (counter_read(counters, cap_id, &refusal.after, &revision))
	{
		rulebook_enter_booking();
		refusal.before = amount_clamp(refusal.after - net);
		refusal.figures = cap_figures_of(cap_id, revision);
		if (refusal.figures != NULL)
			judge_act(&refusal, JUDGE_NOW, refusals);
	}
	counter_close(counters);
}
