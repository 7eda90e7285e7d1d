/*
 * judge.c
 *	  Acting on a verdict: refuse, warn, record; at once or at commit.
 *
 * A message names all caps that refuse a change. So a refusal is added to a list, and raised when the other
 * caps have been judged too. What these would record or warn of does not matter any more then.
 */
#include "postgres.h"

#include "bookings/event.h"
#include "bookings/expired.h"
#include "bookings/judge.h"
#include "bookings/override.h"
#include "bookings/room.h"
#include "ledger/allotment.h"
#include "ledger/outer_statement.h"
#include "rules/cap_figures.h"
#include "rules/check_at.h"
#include "rules/message.h"
#include "rules/refusal.h"
#include "rules/rulebook.h"
#include "rules/verdict.h"

/* Returns what the ladder says of a change, which refusal describes up to now. */
static Verdict
judge_ask(const Refusal *refusal)
{
	const CapFigures *figures = refusal->figures;

	if (unlikely(figures->spans))
		return room_judge(figures, refusal->before, refusal->after);
	return verdict_judge(figures->amount, figures->ladder, refusal->before, refusal->after);
}

/*
 * Warns of a step that warns. Whoever books is told each time, the server's log only when the step is crossed: it
 * would be full of this, and what it keeps of warnings is not ours to choose. Of several steps that are crossed at
 * once the first is told to whoever books, and all to the log.
 */
static void
judge_warn(const Refusal *change, Amount threshold, bool is_first, bool crossed)
{
	if (is_first || crossed)
		message_warn(is_first ? (crossed ? WARNING : WARNING_CLIENT_ONLY) : LOG_SERVER_ONLY,
					 change->figures, threshold, change->after, change->relid);
}

/* Records the steps that a change crossed, and warns where it stands above one that warns. */
static void
judge_announce(const Refusal *change, const Verdict *verdict)
{
	const CapFigures *figures = change->figures;
	const Ladder *ladder = figures->ladder;

	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderStep *step = &ladder->steps[i];
		Amount threshold = ladder_threshold(step, figures->amount);
		bool crossed = (verdict->crossed & ((uint32) 1 << i)) != 0;

		if (crossed)
			event_record(ladder_action_of(step)->name, figures, &threshold, &change->after, NULL);
		if (ladder_action_of(step)->warns)
			judge_warn(change, threshold, i == verdict->warns, crossed);
	}
}

/*
 * Takes off what of usage is reserved and has expired. Tells whether a change passes then that a step refuses.
 */
static bool
judge_discounts(Refusal *refusal)
{
	int128 expired = expired_under(refusal->figures);

	refusal->before = amount_clamp(refusal->before - expired);
	refusal->after = amount_clamp(refusal->after - expired);
	return refusal->after <= refusal->blocks_at || refusal->after <= refusal->before;
}

/*
 * Tells whether a change passes that a step refuses: overrides let bookings through. What they need is drawn, unless
 * another cap refuses already: then the counter of this one is not held, and nothing of the statement stays.
 */
static bool
judge_excuses(Refusal *refusal, JudgeWhen when, bool is_refused)
{
	if (judge_discounts(refusal))
		return true;
	if (!judge_is_booking(when))
		return false;
	return is_refused ? override_suffices(refusal) : override_draw(refusal);
}

/*
 * Acts on what the ladder says of a change that is complete.
 *
 * The trace tells no figure: who reads what a server logs, or sets client_min_messages, need not be one who
 * may read the cap.
 */
static void
judge_act(Refusal *refusal, Verdict *verdict, JudgeWhen when, List **refusals)
{
	Assert(verdict->action != VERDICT_OK);
	elog(DEBUG2, "sp71_steering: verdict on cap %d: %s", refusal->figures->cap_id,
		 verdict_action_name(verdict->action));

	/* What follows runs SQL, after which the cache may be another. */
	refusal->figures = cap_figures_copy(refusal->figures);
	if (unlikely(refusal->figures->spans) && (room_warn_only(refusal, verdict, *refusals != NIL) ||
											  !room_ask(refusal, *refusals != NIL, verdict)))
		return;
	refusal->blocks_at = verdict->blocks_at;
	if (verdict->refuses && !judge_accepts(when) && !judge_excuses(refusal, when, *refusals != NIL))
		*refusals = refusal_add(*refusals, refusal);
	else if (*refusals == NIL)
		judge_announce(refusal, verdict);
}

/*
 * Judges what was just added to the counter of a cap, on behalf of the finance table relid: with what
 * the running statement added to it before.
 */
void
judge_change(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when, List **refusals)
{
	Refusal refusal = {.before = judge_is_booking(when) ? change->statement_before : change->before,
					   .after = change->after,
					   .net = change->net,
					   .relid = relid};
	const CapFigures *figures;
	Verdict verdict;
	int128 drawn;
	Zone zone;

	/* What does not raise usage is never refused. What the statement raised before, was judged then. */
	if (change->quiet || change->after <= change->before || when == JUDGE_MOVED)
		return;
	refusal.figures = figures = cap_figures_of(cap_id, change->revision);
	if (figures == NULL)
		elog(ERROR, "cap %d not found", cap_id);
	verdict = judge_ask(&refusal);
	if (verdict.action == VERDICT_OK)
	{
		/* More may follow, which then need not be judged. */
		if (change->again && allotment_is_quiet(figures, change->before, change->after, &zone))
			counter_set_zone(cap_id, &zone);
	}
	else if (judge_waits(when))
		changed_counter_judge_at_commit(cap_id, relid);
	else if (when == JUDGE_BOOKING && outer_statement_waits())
		changed_counter_judge_with_outer(cap_id, relid);
	else
	{
		refusal.drawn = drawn = changed_counter_drawn(cap_id);
		judge_act(&refusal, &verdict, when, refusals);
		changed_counter_note_drawn(cap_id, refusal.drawn - drawn);
	}
}

/*
 * Judges what counting anew did to a cap, on behalf of the table relid: what left was negative, or what
 * came is too much. At once; with check_at = commit as a part of the transaction's net effect. As the
 * caller, since the message tells figures only to who may read them.
 */
void
judge_recount(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when, List **refusals)
{
	bool at_commit = when == JUDGE_NOW && check_at_is_commit();
	int128 raise = (int128) change->after - change->before;

	if (when == JUDGE_MOVED)
	{
		changed_counter_note_moved(cap_id, raise);
		return;
	}
	changed_counter_note_recount(cap_id, raise, !at_commit);
	if (!at_commit)
		judge_change(cap_id, change, relid, when, refusals);
	else if (change->after > change->before)
		changed_counter_judge_at_commit(cap_id, relid);
}

/*
 * Judges the net effect on a cap, of the transaction or of a statement that has run others: of what was changed, less
 * what that was before. Returns what it drew of overrides. A cap that was dropped meanwhile has nothing to say any
 * more.
 */
int128
judge_net(const ChangedCounter *changed, int128 net_before, int128 drawn_before, List **refusals)
{
	Relation counters = counter_open();
	int128 drawn = changed->drawn - drawn_before;
	Refusal refusal = {.net = changed->net, .drawn = drawn, .relid = changed->relid};
	Verdict verdict = {.action = VERDICT_OK};
	int32 revision;

	if (counter_read(counters, changed->key, &refusal.after, &revision))
	{
		rulebook_enter_booking();
		refusal.before = amount_clamp(refusal.after - (changed->net - net_before));
		refusal.figures = cap_figures_of(changed->key, revision);
		if (refusal.figures != NULL)
			verdict = judge_ask(&refusal);
		if (verdict.action != VERDICT_OK)
			judge_act(&refusal, &verdict, JUDGE_AT_COMMIT, refusals);
	}
	counter_close(counters);
	return refusal.drawn - drawn;
}
