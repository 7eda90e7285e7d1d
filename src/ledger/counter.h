/*
 * counter.h
 *	  What is used of a cap: the only writer of steering.cap_counter while bookings run.
 */
#ifndef SP71_COUNTER_H
#define SP71_COUNTER_H

#include "sp71_steering.h"

#include "ledger/changed_counter.h"
#include "ledger/counter_row.h"

/* What a change of a counter led to. */
typedef struct CounterChange
{
	bool quiet;              /* within a zone where no step can act; nothing below is set */
	bool again;              /* the transaction held the counter already */
	Amount before;           /* used in all, before the change */
	Amount statement_before; /* before the running statement's first change */
	Amount after;
	int128 net;     /* what the transaction changed in all */
	int32 revision; /* of the cap's figures */
} CounterChange;

extern CounterChange counter_add(Relation rel, int32 cap_id, int128 delta);
extern bool counter_foresee(Relation rel, int32 cap_id, int128 delta, CounterChange *change);
extern bool counter_is_at_hand(int32 cap_id, int128 delta);
extern ChangedCounter *counter_find_in_zone(int32 cap_id, int128 delta);
extern void counter_add_in_zone(ChangedCounter *changed, int128 delta);
extern void counter_set_zone(int32 cap_id, const Zone *zone);
extern bool counter_read(Relation rel, int32 cap_id, Amount *used, int32 *revision);
extern bool counter_lock(Relation rel, int32 cap_id);
extern int counter_compact(Relation rel, int32 cap_id);

#endif
