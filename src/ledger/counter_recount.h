/*
 * counter_recount.h
 *	  Counters as a whole: made, counted anew, mended and dropped.
 */
#ifndef SP71_COUNTER_RECOUNT_H
#define SP71_COUNTER_RECOUNT_H

#include "sp71_steering.h"

#include "ledger/counter.h"
#include "nodes/pg_list.h"

/* A cap whose usage was other than stored, with what judging it needs to know. */
typedef struct RecountedCap
{
	int32 cap_id;
	CounterChange change;
} RecountedCap;

extern List *counter_recount(List *caps, bool keep_estimated, MemoryContext context);
extern Amount counter_create(int32 cap_id, bool accept_unknown);
extern void counter_drop(int32 cap_id);
extern void counter_set_revision(int32 cap_id, int32 revision);
extern void counter_create_missing(Datum caps, Datum used);
extern void counter_drop_orphans(Datum caps);
extern void counter_mend(Datum caps, Datum missing);

#endif
