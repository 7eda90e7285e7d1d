/*
 * counter.c
 *	  What is used of a cap: rows of steering.cap_counter, one per (cap, stripe).
 *
 * A row that was changed is locked to the end of the transaction. A cap that nobody fights over has
 * one row, stripe 0 of depth 0: it is the whole counter, and what it says is exact. Where a backend
 * had to wait, it divides the counter: part of the room up to the next step of the ladder, and down
 * to the last one, goes to new stripes (zone.c); where there is no step, up to what is sure to fit. A
 * booking then changes any one stripe in whose share it fits, one that is free if it can. When it fits in
 * none, the counter is gathered: all stripes are locked in order, and the booking is judged by the exact
 * usage. What is left is divided again, or becomes one row where the room is small.
 *
 * Stripe k of depth d divides by making the stripes k + 4^d, k + 2 * 4^d and k + 3 * 4^d, all of them
 * then of depth d + 1. So their numbers are free, and only who holds stripe k can make them: nobody
 * can add stripes to a counter of which somebody holds all.
 *
 * Locks. Callers change counters in the order of their cap ids. A transaction that holds a stripe of
 * a cap waits for another one of the same cap only when it gathers it later, in another statement; so
 * single statements do not deadlock. Whether one stripe or all is decided before any is locked.
 *
 * Within a transaction the first change writes a stripe; later ones add in memory, to be written at
 * the end (changed_counter.c).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "ledger/counter.h"
#include "ledger/counter_gather.h"
#include "ledger/counter_stripe.h"
#include "ledger/heap_row.h"
#include "ledger/heap_row_list.h"
#include "ledger/transaction.h"

/* Tells whether the transaction holds a stripe that takes a change without any step acting. */
static inline bool
counter_stays_in_zone(const ChangedCounter *changed, int128 delta)
{
	return changed->held && changed->in_zone && zone_has_room(&changed->zone, changed->used, delta);
}

/* Makes a change; returns whether no step can act on it, else *used in all. */
static bool
counter_change(CounterTask *task, Amount *used)
{
	ChangedCounter *changed = task->changed;
	bool quiet = counter_stays_in_zone(changed, task->delta);

	if (quiet || (changed->held && changed->depth == 0))
	{
		changed->used = *used = amount_narrow(changed->used + task->delta);
		return quiet;
	}
	counter_load_stripes(task);
	task->fold = !changed->held && counter_is_left_alone(task);
	if (changed->held || task->fold || !counter_change_stripe(task))
	{
		*used = counter_gather(task);
		return false;
	}
	*used = changed->used;
	Assert(changed->held);

	/* A whole counter that has divided was judged before it did. */
	return changed->depth > 0;
}

/*
 * Adds delta to what is used of a cap, waiting for other transactions where there is no way around.
 *
 * Where a step could act, the whole counter is this transaction's from then on, nobody can revise the
 * cap, and what is returned is exact.
 */
CounterChange
counter_add(Relation rel, int32 cap_id, int128 delta)
{
	CounterTask task = {.rel = rel, .cap_id = cap_id, .delta = delta};
	CounterChange change = {0};
	Amount used;

	task.changed = changed_counter_get(cap_id);
	changed_counter_enter_statement(task.changed);
	change.again = task.changed->held;
	change.quiet = counter_change(&task, &used);
	task.changed->net += delta;
	/* Within the zone of a stripe nobody knows what is used in all, and nothing depends on it. */
	if (!change.quiet)
	{
		change.after = used;
		change.before = amount_narrow(used - delta);
		change.statement_before =
			amount_clamp(used - (task.changed->net - task.changed->statement_net));
		change.net = task.changed->net;
	}
	change.revision = task.changed->revision;
	return change;
}

/* Tells whether the rows of a counter are as they were read, and nobody else is changing one. */
static bool
counter_is_still(Relation rel, int32 cap_id, List *rows)
{
	ListCell *cell;

	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);
		HeapKey key = counter_stripe_key(rel, cap_id, COUNTER_FORM(tuple)->stripe);
		HeapVersion version;
		bool still;

		CHECK_FOR_INTERRUPTS();
		if (!heap_row_look(&key, &tuple->t_self, &version))
			return false;
		/* A stripe that is new to us needs no look of its own: who makes it is changing one of these. */
		still = !TransactionIdIsValid(version.holder) &&
				ItemPointerEquals(&tuple->t_self, &version.tuple->t_self);
		heap_freetuple(version.tuple);
		if (!still)
			return false;
	}
	return rows != NIL;
}

/*
 * Tells what counter_add() would return for a change that has to be judged, without making it: locks nothing,
 * and does not wait. False where that cannot be known: another transaction is changing the counter, or usage
 * would not fit an amount.
 */
bool
counter_foresee(Relation rel, int32 cap_id, int128 delta, CounterChange *change)
{
	ChangedCounter *changed = changed_counter_find(cap_id);
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);
	CommandId statement = transaction_statement();
	int128 net = changed == NULL ? 0 : changed->net;
	int128 used;

	memset(change, 0, sizeof(CounterChange));
	if (!counter_is_still(rel, cap_id, rows))
		return false;
	change->revision = COUNTER_FORM((HeapTuple) linitial(rows))->revision;
	change->before = counter_sum(rows, changed);
	used = change->before + delta;
	change->after = change->statement_before = amount_clamp(used);
	change->net = net + delta;

	/* As changed_counter_enter_statement() would have it, but nothing is entered. */
	if (changed != NULL && statement != InvalidCommandId && changed->statement == statement)
		net = changed->statement_net;
	change->statement_before = amount_clamp(used - (change->net - net));
	list_free_deep(rows);
	return change->after == used;
}

/*
 * Tells whether counter_add() makes a change without waiting for anybody, since the transaction holds the counter as
 * a whole, or a stripe that takes it.
 */
bool
counter_is_at_hand(int32 cap_id, int128 delta)
{
	ChangedCounter *changed = changed_counter_find(cap_id);

	return changed != NULL && changed->held &&
		   (changed->depth == 0 || counter_stays_in_zone(changed, delta));
}

/*
 * Returns where counter_add_in_zone() can make a change: the transaction holds a stripe that takes it, and
 * no step can act on it. Else NULL.
 */
ChangedCounter *
counter_find_in_zone(int32 cap_id, int128 delta)
{
	ChangedCounter *changed = changed_counter_find(cap_id);

	return changed != NULL && counter_stays_in_zone(changed, delta) ? changed : NULL;
}

/* Makes a change that counter_find_in_zone() found a place for. */
void
counter_add_in_zone(ChangedCounter *changed, int128 delta)
{
	changed_counter_touch(changed);
	changed_counter_enter_statement(changed);
	changed->used = amount_narrow(changed->used + delta);
	changed->net += delta;
}

/*
 * Sets the zone in which no step acts on changes of a counter that the transaction holds as a whole. Nobody
 * can revise the cap meanwhile; when this transaction does, it lets go of the row.
 */
void
counter_set_zone(int32 cap_id, const Zone *zone)
{
	ChangedCounter *changed = changed_counter_get(cap_id);

	if (changed->held && changed->depth == 0)
	{
		changed->in_zone = true;
		changed->zone = *zone;
	}
}

/*
 * Reads what is used of a cap: what is committed, and this transaction's own part. False: there is
 * no such counter. Exact only for who holds the whole counter.
 */
bool
counter_read(Relation rel, int32 cap_id, Amount *used, int32 *revision)
{
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);

	if (rows == NIL)
		return false;
	*used = counter_sum(rows, changed_counter_find(cap_id));
	*revision = COUNTER_FORM((HeapTuple) linitial(rows))->revision;
	list_free_deep(rows);
	return true;
}

/*
 * Locks the counter of a cap as a whole, written and as one row, for SQL to read and change; false:
 * there is none. Call unwritten_flush() before.
 */
bool
counter_lock(Relation rel, int32 cap_id)
{
	List *locked = counter_lock_all(rel, cap_id);

	if (locked == NIL)
		return false;
	if (list_length(locked) > 1 || COUNTER_FORM((HeapTuple) linitial(locked))->depth > 0)
		counter_fold(rel, locked, counter_sum(locked, NULL));
	CommandCounterIncrement();
	list_free_deep(locked);
	return true;
}

/* Makes one row of a counter's stripes if nobody holds one. Returns how many rows went. */
int
counter_compact(Relation rel, int32 cap_id)
{
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);
	int count = list_length(rows);

	if (count <= 1 || !counter_is_still(rel, cap_id, rows))
		return 0;
	return counter_lock(rel, cap_id) ? count - 1 : 0;
}
