/*
 * judge.c
 *	  Acting on a verdict: refuse, warn, record; at once or at commit.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "caps/cap_figures.h"
#include "caps/event.h"
#include "caps/judge.h"
#include "caps/message.h"
#include "caps/pending.h"
#include "caps/rulebook.h"
#include "caps/verdict.h"
#include "caps/zone.h"
#include "own.h"

/* Records the steps that a change crossed, and warns where it stands above one that warns. */
static void
judge_announce(const CapFigures *figures, const Verdict *verdict, Amount after)
{
	const Ladder *ladder = figures->ladder;
	bool warned = false;

	for (int i = 0; i < ladder->nsteps; i++)
	{
		Amount threshold = ladder_threshold(&ladder->steps[i], figures->amount);

		if (verdict->crossed & ((uint32) 1 << i))
			event_record(ladder->steps[i].action == LADDER_WARN ? "warn" : "notify", figures,
						 &threshold, &after, NULL);
		if (ladder->steps[i].action == LADDER_WARN && after >= threshold && after > 0 && !warned &&
			verdict->action >= VERDICT_WARN)
		{
			message_warn(figures, threshold, after);
			warned = true;
		}
	}
}

/* Acts on what the ladder says of a change that is complete. */
static void
judge_act(const CapFigures *figures, Amount before, Amount after, Oid relid, JudgeWhen when,
		  bool at_commit)
{
	Verdict verdict;

	/* What follows runs SQL, after which the cache may be another. */
	figures = cap_figures_copy(figures);
	verdict = verdict_judge(figures->amount, figures->ladder, before, after);

	if (verdict.action == VERDICT_OK)
		return;
	if (verdict.action == VERDICT_BLOCK && when != JUDGE_NEVER)
		message_refuse(figures, verdict.blocks_at, before, after, relid, at_commit);
	judge_announce(figures, &verdict, after);
}

/*
 * Judges what was just added to the counter of a cap, on behalf of the finance table relid: with what
 * the running statement added to it before.
 */
void
judge_change(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when)
{
	bool booking = when == JUDGE_BOOKING || when == JUDGE_AT_COMMIT;
	Amount before = booking ? change->statement_before : change->before;
	const CapFigures *figures;
	Zone zone;

	if (change->quiet || change->after <= change->before)
		return;
	figures = cap_figures_of(cap_id, change->revision);
	if (figures == NULL)
		elog(ERROR, "cap %d not found", cap_id);
	if (verdict_judge(figures->amount, figures->ladder, before, change->after).action == VERDICT_OK)
	{
		/* More may follow, which then need not be judged. */
		if (change->again && zone_around(figures->amount, figures->ladder, change->after, &zone))
			counter_calm_down(cap_id, &zone);
		return;
	}

	if (when == JUDGE_AT_COMMIT || (booking && steering_check_at == CHECK_AT_COMMIT))
		counter_judge_at_commit(cap_id, relid);
	else
		judge_act(figures, before, change->after, relid, when, false);
}

/*
 * Judges what counting anew did to a cap, on behalf of the table relid: what left was negative, or what
 * came is too much. At once; with check_at = commit as a part of the transaction's net effect. As the
 * caller, since the message tells figures only to who may read them.
 */
void
judge_recount(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when)
{
	bool at_commit = when == JUDGE_NOW && steering_check_at == CHECK_AT_COMMIT;

	pending_rebase(cap_id, (int128) change->after - change->before, !at_commit);
	if (!at_commit)
		judge_change(cap_id, change, relid, when);
	else if (change->after > change->before)
		counter_judge_at_commit(cap_id, relid);
}

/*
 * Judges the net effect of the transaction on a cap. One that was dropped in it has nothing to say
 * any more.
 */
void
judge_at_commit(int32 cap_id, int128 net, Oid relid)
{
	Relation counters = counter_open();
	const CapFigures *figures;
	Amount used;
	int32 revision;

	if (counter_read(counters, cap_id, &used, &revision))
	{
		rulebook_enter_booking();
		figures = cap_figures_of(cap_id, revision);
		if (figures != NULL)
			judge_act(figures, amount_clamp(used - net), used, relid, JUDGE_NOW, true);
	}
	counter_close(counters);
}
