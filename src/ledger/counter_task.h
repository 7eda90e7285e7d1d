/*
 * counter_task.h
 *	  What the files that change counters share: counter.c, counter_stripe.c, counter_gather.c.
 */
#ifndef SP71_COUNTER_TASK_H
#define SP71_COUNTER_TASK_H

#include "sp71_steering.h"

#include "access/htup_details.h"
#include "ledger/heap_row.h"
#include "ledger/pending.h"
#include "ledger/stripes.h"
#include "rules/zone.h"

/* A row of steering.cap_counter. Floor and ceiling mean nothing at depth 0. */
typedef struct CounterForm
{
	Amount used;
	Zone zone;
	int32 cap_id;
	int32 stripe;
	int32 depth;
	int32 revision;
} CounterForm;

#define COUNTER_FORM(tuple) ((CounterForm *) GETSTRUCT(tuple))

/* One change of one counter, while a stripe for it is being sought. */
typedef struct CounterTask
{
	Relation rel;
	int32 cap_id;
	int128 delta;
	PendingRow *row;
	Stripes *stripes;
	bool contended;       /* somebody else was in the way */
	bool patient;         /* wait for a stripe whose holder is not known */
	bool fold;            /* make it one row again */
	TransactionId holder; /* of a stripe in whose share the change would fit, or invalid */
	Zone share;           /* of each new stripe */
	int children;         /* new stripes to make; 0: do not divide */
} CounterTask;

extern StripesKey counter_stripes_key(int32 cap_id);
extern HeapKey counter_key(Relation rel, int32 cap_id);
extern HeapKey counter_stripe_key(Relation rel, int32 cap_id, int32 stripe);
extern void counter_missing(int32 cap_id);
extern void counter_load_stripes(CounterTask *task);
extern bool counter_is_left_alone(CounterTask *task);
extern bool counter_take(CounterTask *task);
extern void counter_hold(PendingRow *row, HeapTuple tuple);
extern List *counter_lock_all(Relation rel, int32 cap_id);
extern void counter_write_locked(Relation rel, HeapTuple tuple);
extern HeapTuple counter_fold(Relation rel, List *locked, Amount used);
extern Amount counter_sum(List *locked, const PendingRow *row);
extern Amount counter_gather(CounterTask *task);

#endif
