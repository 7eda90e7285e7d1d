/*
 * counter_gather.h
 *	  Making a change in a counter as a whole: all its stripes are locked, in order.
 */
#ifndef SP71_COUNTER_GATHER_H
#define SP71_COUNTER_GATHER_H

#include "sp71_steering.h"

#include "ledger/counter_stripe.h"
#include "nodes/pg_list.h"

extern List *counter_lock_all(Relation rel, int32 cap_id);
extern HeapTuple counter_fold(Relation rel, List *locked, Amount used);
extern Amount counter_sum(List *locked, const ChangedCounter *changed);
extern Amount counter_gather(CounterTask *task);

#endif
