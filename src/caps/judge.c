/*
 * judge.c
 *	  Acting on a verdict: refuse, warn, record; at once, at the end of the statement, or at commit.
 *
 * One statement can fire several of our triggers: MERGE, upsert, writable CTEs. Each books its part
 * as it comes. When a part takes a cap to a step, nothing is decided yet: the cap is put in doubt,
 * and the row trigger steering.judge() is queued on its counter. PostgreSQL fires that after all the
 * statement's triggers that are queued already, and then the net effect of the statement is judged.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "caps/cap_figures.h"
#include "caps/event.h"
#include "caps/heap_row.h"
#include "caps/judge.h"
#include "caps/message.h"
#include "caps/pending.h"
#include "caps/rulebook.h"
#include "caps/verdict.h"
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
	Verdict verdict = verdict_judge(figures->amount, figures->ladder, before, after);

	if (verdict.action == VERDICT_OK)
		return;
	if (verdict.action == VERDICT_BLOCK && when != JUDGE_NEVER)
		message_refuse(figures, verdict.blocks_at, before, after, relid, at_commit);
	judge_announce(figures, &verdict, after);
}

/* Judges what was just added to the counter of a cap, on behalf of the finance table relid. */
void
judge_change(Relation counters, int32 cap_id, const CounterChange *change, Oid relid,
			 JudgeWhen when)
{
	bool later = when == JUDGE_AT_STATEMENT_END || when == JUDGE_AT_COMMIT;
	Amount before = later ? change->statement_before : change->before;
	const CapFigures *figures;

	if (change->quiet || change->after <= change->before)
		return;
	figures = cap_figures_of(cap_id, change->revision);
	if (figures == NULL)
		elog(ERROR, "cap %d not found", cap_id);
	if (verdict_judge(figures->amount, figures->ladder, before, change->after).action == VERDICT_OK)
		return;

	if (!later)
		judge_act(figures, before, change->after, relid, when, false);
	else if (when == JUDGE_AT_COMMIT || steering_check_at == CHECK_AT_COMMIT)
		counter_judge_at_commit(cap_id, relid);
	else
	{
		ItemPointerData tid = change->tid;

		pending_doubt(cap_id, before, relid);
		heap_row_queue_trigger(counters, &tid);
	}
}

/*
 * Judges the difference between before and what is used of a cap now. A cap that was dropped in this
 * transaction has nothing to say any more.
 */
void
judge_since(int32 cap_id, Amount before, Oid relid, bool at_commit)
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
			judge_act(figures, before, used, relid, JUDGE_NOW, at_commit);
	}
	counter_close(counters);
}

/* Judges the net effect of the transaction on a cap. */
void
judge_at_commit(int32 cap_id, Amount net, Oid relid)
{
	Relation counters = counter_open();
	Amount used;
	int32 revision;

	if (counter_read(counters, cap_id, &used, &revision))
		judge_since(cap_id, amount_subtract(used, net), relid, true);
	counter_close(counters);
}

PG_FUNCTION_INFO_V1(steering_judge);

/* Row trigger on steering.cap_counter: settles the doubt about a cap when a statement is through. */
Datum
steering_judge(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	int32 cap_id;
	Amount before;
	Oid relid;
	bool isnull;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "steering.judge")));
	if (!own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_CAP_COUNTER))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" must be fired for table \"%s\"", "steering.judge",
							   "steering.cap_counter")));
	cap_id = DatumGetInt32(heap_getattr(trigger->tg_trigtuple, COUNTER_CAP,
										RelationGetDescr(trigger->tg_relation), &isnull));
	if (pending_find_doubt(cap_id, &before, &relid))
	{
		judge_since(cap_id, before, relid, false);
		pending_settle_doubt(cap_id);
	}
	return PointerGetDatum(NULL);
}
