/*
 * judge.h
 *	  Acting on a verdict: refuse, warn, record; at once, at the end of the statement, or at commit.
 */
#ifndef SP71_JUDGE_H
#define SP71_JUDGE_H

#include "sp71_steering.h"

#include "caps/counter.h"

typedef enum JudgeWhen
{
	JUDGE_AT_STATEMENT_END, /* called by an AFTER STATEMENT trigger: siblings may still lower it */
	JUDGE_AT_COMMIT, /* TRUNCATE: nothing of ours runs when the last of its tables is through */
	JUDGE_NOW,
	JUDGE_NEVER /* an overrun is accepted knowingly: events, but no refusal */
} JudgeWhen;

extern void judge_change(Relation counters, int32 cap_id, const CounterChange *change, Oid relid,
						 JudgeWhen when);
extern void judge_since(int32 cap_id, Amount before, Oid relid, bool at_commit);
extern void judge_at_commit(int32 cap_id, Amount net, Oid relid);

#endif
