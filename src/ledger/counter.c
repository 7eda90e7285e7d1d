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
 * the end (pending.c).
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "ledger/counter.h"
#include "ledger/counter_task.h"
#include "own.h"
#include "own_shape.h"

/* Opens the table of counters; the lock stays to the end of the transaction. */
Relation
counter_open(void)
{
	return own_open(OWN_CAP_COUNTER, RowExclusiveLock);
}

/* Closes what counter_open() opened. */
void
counter_close(Relation rel)
{
	table_close(rel, NoLock);
}

/* Returns under what a cap's counter is remembered. */
StripesKey
counter_stripes_key(int32 cap_id)
{
	StripesKey key = {.service_id = cap_id};

	return key;
}

/* Describes all rows of a counter. */
HeapKey
counter_key(Relation rel, int32 cap_id)
{
	HeapKey key;

	key.rel = rel;
	key.index = own_relation(OWN_CAP_COUNTER_PKEY);
	key.nkeys = 1;
	ScanKeyInit(&key.keys[0], COUNTER_CAP, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(cap_id));
	return key;
}

/* Describes one row of a counter. */
HeapKey
counter_stripe_key(Relation rel, int32 cap_id, int32 stripe)
{
	HeapKey key = counter_key(rel, cap_id);

	key.nkeys = 2;
	ScanKeyInit(&key.keys[1], COUNTER_STRIPE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(stripe));
	return key;
}

/* Raises that a cap has no counter, which nothing but meddling with our tables can bring about. */
void
counter_missing(int32 cap_id)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("cap %d has no counter", cap_id),
					errhint("Call steering.repair().")));
}

/* Notes that a statement is about to change a counter. */
static void
counter_enter_statement(PendingRow *row)
{
	CommandId statement = pending_statement();

	if (statement == InvalidCommandId || row->statement != statement)
	{
		row->statement = statement;
		row->statement_net = row->net;
	}
}

/* Tells whether the transaction holds a stripe that takes a change without any step acting. */
static inline bool
counter_is_calm(const PendingRow *row, int128 delta)
{
	return row->held && row->calm && zone_holds(&row->zone, row->used, delta);
}

/* Makes a change; returns whether no step can act on it, else *used in all. */
static bool
counter_change(CounterTask *task, Amount *used)
{
	PendingRow *row = task->row;
	bool calm = counter_is_calm(row, task->delta);

	if (calm || (row->held && row->depth == 0))
	{
		row->used = *used = amount_narrow(row->used + task->delta);
		return calm;
	}
	counter_load_stripes(task);
	task->fold = !row->held && counter_is_left_alone(task);
	if (row->held || task->fold || !counter_take(task))
	{
		*used = counter_gather(task);
		return false;
	}
	*used = row->used;

	/* A whole counter that has divided was judged before it did. */
	return row->depth > 0;
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
	StripesKey key = counter_stripes_key(cap_id);
	CounterTask task = {.rel = rel, .cap_id = cap_id, .delta = delta};
	CounterChange change = {0};
	Amount used;

	task.row = pending_row(&key);
	counter_enter_statement(task.row);
	change.again = task.row->held;
	change.quiet = counter_change(&task, &used);
	task.row->net += delta;
	if (!change.quiet)
	{
		change.after = used;
		change.before = amount_narrow(used - delta);
		change.statement_before = amount_clamp(used - (task.row->net - task.row->statement_net));
		change.net = task.row->net;
	}
	change.revision = task.row->revision;
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
		still = !TransactionIdIsValid(version.holder) &&
				ItemPointerEquals(&tuple->t_self, &version.tuple->t_self);
		heap_freetuple(version.tuple);
		if (!still)
			return false;
	}
	return rows != NIL;
}

/*
 * Tells what counter_add() would return of a change that has to be judged, but makes none, and neither
 * locks nor waits. False where that cannot be known: another transaction is changing the counter, or
 * what would come of it is no amount.
 */
bool
counter_foresee(Relation rel, int32 cap_id, int128 delta, CounterChange *change)
{
	StripesKey pending_key = counter_stripes_key(cap_id);
	PendingRow *row = pending_find(&pending_key);
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);
	CommandId statement = pending_statement();
	int128 net = row == NULL ? 0 : row->net;
	int128 used;

	memset(change, 0, sizeof(CounterChange));
	if (!counter_is_still(rel, cap_id, rows))
		return false;
	change->revision = COUNTER_FORM((HeapTuple) linitial(rows))->revision;
	change->before = counter_sum(rows, row);
	used = change->before + delta;
	change->after = change->statement_before = amount_clamp(used);
	change->net = net + delta;
	if (row != NULL && statement != InvalidCommandId && row->statement == statement)
		net = row->statement_net;
	change->statement_before = amount_clamp(used - (change->net - net));
	list_free_deep(rows);
	return change->after == used;
}

/*
 * Returns where counter_add_calm() can make a change: the transaction holds a stripe that takes it, and
 * no step can act on it. Else NULL.
 */
PendingRow *
counter_find_calm(int32 cap_id, int128 delta)
{
	StripesKey key = counter_stripes_key(cap_id);
	PendingRow *row = pending_find(&key);

	return row != NULL && counter_is_calm(row, delta) ? row : NULL;
}

/* Makes a change that counter_find_calm() found a place for. */
void
counter_add_calm(PendingRow *row, int128 delta)
{
	pending_touch(row);
	counter_enter_statement(row);
	row->used = amount_narrow(row->used + delta);
	row->net += delta;
}

/*
 * Notes within which zone no step acts on changes of a counter that the transaction holds as a whole.
 * Nobody can revise the cap meanwhile; when this transaction does, it lets go of the row.
 */
void
counter_calm_down(int32 cap_id, const Zone *zone)
{
	StripesKey key = counter_stripes_key(cap_id);
	PendingRow *row = pending_row(&key);

	if (row->held && row->depth == 0)
	{
		row->calm = true;
		row->zone = *zone;
	}
}

/* Has the net effect of the transaction on a cap judged when it commits. */
void
counter_judge_at_commit(int32 cap_id, Oid relid)
{
	StripesKey key = counter_stripes_key(cap_id);
	PendingRow *row = pending_row(&key);

	row->judge_at_commit = true;
	row->relid = relid;
}

/* Writes what was added to a stripe in memory. */
void
counter_write_pending(Relation rel, PendingRow *row)
{
	HeapKey key = counter_stripe_key(rel, row->key.service_id, row->stripe);
	HeapVersion version;

	/* SQL of somebody who may change our tables can have deleted it. */
	if (!heap_row_look(&key, &row->tid, &version))
		return;
	COUNTER_FORM(version.tuple)->used = row->used;
	counter_write_locked(rel, version.tuple);
	row->tid = version.tuple->t_self;
	row->written = row->used;
	heap_freetuple(version.tuple);
}

/*
 * Reads what is used of a cap: what is committed, and this transaction's own part. False: there is
 * no such counter. Exact only for who holds the whole counter.
 */
bool
counter_read(Relation rel, int32 cap_id, Amount *used, int32 *revision)
{
	HeapKey key = counter_key(rel, cap_id);
	StripesKey pending_key = counter_stripes_key(cap_id);
	List *rows = heap_row_list(&key);

	if (rows == NIL)
		return false;
	*used = counter_sum(rows, pending_find(&pending_key));
	*revision = COUNTER_FORM((HeapTuple) linitial(rows))->revision;
	list_free_deep(rows);
	return true;
}

/*
 * Locks the counter of a cap as a whole, written and as one row, for SQL to read and change; false:
 * there is none. Call pending_flush() before.
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
