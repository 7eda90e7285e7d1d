/*
 * judge.h
 *	  Acting on a verdict: refuse, warn, record; at once or at commit.
 *
 *	  What is refused is added to a list, for refusal_raise(): whoever judges several caps calls that once.
 */
#ifndef SP71_JUDGE_H
#define SP71_JUDGE_H

#include "sp71_steering.h"

#include "ledger/counter.h"
#include "rules/check_at.h"
#include "rules/refusal.h"

/* What a change comes from: this decides when it is judged, and whether it may be refused. */
typedef enum JudgeWhen
{
	JUDGE_BOOKING, /* at once or at commit, as sp71_steering.check_at says */
	JUDGE_NOW,
	JUDGE_AT_ONCE,   /* the same, but whatever sp71_steering.check_at says */
	JUDGE_AT_COMMIT, /* TRUNCATE: nothing of ours runs after the last of its tables */
	JUDGE_ACCEPTING, /* at once, and an overrun is accepted knowingly: events, but no refusal */
	JUDGE_ARRIVED, /* likewise; of what another node has booked, so that closed periods have no say */
	JUDGE_MOVED    /* not at all: another node gives up the same in this transaction */
} JudgeWhen;

extern void judge_change(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when,
						 List **refusals);
extern void judge_recount(int32 cap_id, const CounterChange *change, Oid relid, JudgeWhen when,
						  List **refusals);
extern int128 judge_net(const ChangedCounter *changed, int128 net_before, int128 drawn_before,
						List **refusals);

/* Tells whether a change is one of a statement on bookings, which is judged as a whole. */
static inline bool
judge_is_booking(JudgeWhen when)
{
	return when == JUDGE_BOOKING || when == JUDGE_AT_COMMIT;
}

/* Tells whether an overrun is no reason to refuse. */
static inline bool
judge_accepts(JudgeWhen when)
{
	return when == JUDGE_ACCEPTING || when == JUDGE_ARRIVED;
}

/* Tells whether a cap has its say on a change when the transaction commits. */
static inline bool
judge_waits(JudgeWhen when)
{
	return when == JUDGE_AT_COMMIT || (when == JUDGE_BOOKING && check_at_is_commit());
}

#endif
