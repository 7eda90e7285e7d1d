/*
 * counter.h
 *	  What is used of a cap: the only writer of steering.cap_counter while bookings run.
 */
#ifndef SP71_COUNTER_H
#define SP71_COUNTER_H

#include "sp71_steering.h"

#include "ledger/pending.h"
#include "utils/relcache.h"

/* Columns of steering.cap_counter that are keys. */
enum
{
	COUNTER_CAP = 4,
	COUNTER_STRIPE
};

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

extern Relation counter_open(void);
extern void counter_close(Relation rel);
extern CounterChange counter_add(Relation rel, int32 cap_id, int128 delta);
extern bool counter_foresee(Relation rel, int32 cap_id, int128 delta, CounterChange *change);
extern PendingRow *counter_find_calm(int32 cap_id, int128 delta);
extern void counter_add_calm(PendingRow *row, int128 delta);
extern void counter_calm_down(int32 cap_id, const Zone *zone);
extern void counter_judge_at_commit(int32 cap_id, Oid relid);
extern void counter_write_pending(Relation rel, PendingRow *row);
extern bool counter_read(Relation rel, int32 cap_id, Amount *used, int32 *revision);
extern bool counter_lock(Relation rel, int32 cap_id);
extern int counter_compact(Relation rel, int32 cap_id);

#endif
