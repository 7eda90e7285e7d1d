/*
 * counter.c
 *	  What is used of a cap: rows of steering.cap_counter, one per (cap, stripe).
 *
 * A row that was changed is locked to the end of the transaction. A cap that nobody fights over has
 * one row, stripe 0 of depth 0: it is the whole counter, and what it says is exact. Where a backend
 * had to wait, it divides the counter: part of the room up to the next step of the ladder, and down
 * to the last one, goes to new stripes (zone.c). A booking then changes any one stripe in whose share
 * it fits, one that is free if it can. When it fits in none, the counter is gathered: all stripes are
 * locked in order, and the booking is judged by the exact usage. What is left is divided again, or
 * becomes one row where the room is small.
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

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "caps/counter.h"
#include "caps/heap_row.h"
#include "caps/rulebook.h"
#include "caps/verdict.h"
#include "caps/zone.h"
#include "own.h"

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
#define COUNTER_WAYS 4		/* a stripe divides into so many */
#define COUNTER_LOOK 1000	/* changes after which a backend looks whether others use the counter */

/* One change of one counter, while a stripe for it is being sought. */
typedef struct CounterTask
{
	Relation rel;
	int32 cap_id;
	Amount delta;
	PendingRow *row;
	Stripes *stripes;
	bool contended;       /* somebody else was in the way */
	bool patient;         /* wait for a stripe whose holder is not known */
	bool fold;            /* make it one row again */
	TransactionId holder; /* of a stripe in whose share the change would fit, or invalid */
	Zone share;           /* of each new stripe */
	int children;         /* new stripes to make; 0: do not divide */
} CounterTask;

typedef enum CounterAttempt
{
	ATTEMPT_DONE,
	ATTEMPT_AGAIN, /* somebody came first: look at the same stripe again */
	ATTEMPT_STALE, /* the stripes are not as remembered */
	ATTEMPT_BUSY,  /* somebody holds it, and the change would fit */
	ATTEMPT_FULL,  /* the change does not fit */
	ATTEMPT_UNSEEN /* our snapshot cannot see it */
} CounterAttempt;

/* Opens the table of counters; the lock stays to the end of the transaction. */
Relation
counter_open(void)
{
	return table_open(own_relation(OWN_CAP_COUNTER), RowExclusiveLock);
}

/* Closes what counter_open() opened. */
void
counter_close(Relation rel)
{
	table_close(rel, NoLock);
}

/* Returns under what a cap's counter is remembered. */
static StripesKey
counter_stripes_key(int32 cap_id)
{
	StripesKey key = {.service_id = cap_id};

	return key;
}

/* Describes all rows of a counter. */
static HeapKey
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
static HeapKey
counter_stripe_key(Relation rel, int32 cap_id, int32 stripe)
{
	HeapKey key = counter_key(rel, cap_id);

	key.nkeys = 2;
	ScanKeyInit(&key.keys[1], COUNTER_STRIPE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(stripe));
	return key;
}

/* Raises that a cap has no counter, which nothing but meddling with our tables can bring about. */
static void
counter_missing(int32 cap_id)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("cap %d has no counter", cap_id),
					errhint("Call steering.repair().")));
}

/* Makes the remembered stripes of a counter true, if nothing is known of them. */
static void
counter_load_stripes(CounterTask *task)
{
	StripesKey stripes_key = counter_stripes_key(task->cap_id);
	HeapKey key = counter_key(task->rel, task->cap_id);
	List *rows;
	ListCell *cell;

	task->stripes = stripes_of(RelationGetRelid(task->rel), &stripes_key);
	if (task->stripes->count > 0)
		return;
	rows = heap_row_list(&key);
	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);

		stripes_remember(task->stripes, COUNTER_FORM(tuple)->stripe, COUNTER_FORM(tuple)->depth,
						 &tuple->t_self);
	}
	stripes_order(task->stripes);
	list_free_deep(rows);
	if (task->stripes->count == 0)
		counter_missing(task->cap_id);
}

/* Returns the number of the i-th new stripe when a stripe of this depth divides. */
static int64
counter_child(int32 stripe, int32 depth, int i)
{
	return stripe + (int64) i * ((int64) 1 << (2 * depth));
}

/* Returns how many new stripes a stripe may make. */
static int
counter_max_children(const CounterForm *form)
{
	int children = 0;

	while (children < COUNTER_WAYS - 1 &&
		   counter_child(form->stripe, form->depth, children + 1) < steering_max_stripes)
		children++;
	return children;
}

/*
 * Decides whether a stripe divides with this change, and sets the new stripes' share. Called with
 * the change made in form; before is what it held without it.
 *
 * A whole counter divides only where no step acts on the change or on what comes after it.
 */
static void
counter_plan_division(CounterTask *task, CounterForm *form, Amount before)
{
	int children = counter_max_children(form);

	task->children = 0;
	if (children == 0 ||
		(!task->contended && task->stripes->count >= Min(steering_min_stripes,
														  steering_max_stripes)))
		return;
	if (form->depth == 0)
	{
		const CapFigures *figures = rulebook_figures(task->cap_id, form->revision);

		if (figures == NULL ||
			verdict_judge(figures->amount, figures->ladder, before, form->used).action !=
				VERDICT_OK ||
			!zone_around(figures->amount, figures->ladder, form->used, &form->zone))
			return;
	}
	if (zone_share(&form->zone, form->used, children, task->delta, &task->share))
	{
		task->children = children;
		form->depth++;
	}
}

/* Makes a row of the counter. */
static HeapTuple
counter_form_tuple(Relation rel, const CounterForm *form)
{
	Datum values[] = {AmountGetDatum(form->used),       AmountGetDatum(form->zone.floor),
					  AmountGetDatum(form->zone.ceiling), Int32GetDatum(form->cap_id),
					  Int32GetDatum(form->stripe),      Int32GetDatum(form->depth),
					  Int32GetDatum(form->revision)};
	bool nulls[lengthof(values)] = {false};

	return heap_form_tuple(RelationGetDescr(rel), values, nulls);
}

/* Makes the new stripes of one that has divided. */
static void
counter_insert_children(CounterTask *task, const CounterForm *parent)
{
	for (int i = 1; i <= task->children; i++)
	{
		CounterForm child = *parent;
		HeapTuple tuple;

		child.used = 0;
		child.zone = task->share;
		child.stripe = (int32) counter_child(parent->stripe, parent->depth - 1, i);
		tuple = counter_form_tuple(task->rel, &child);
		heap_row_insert(task->rel, tuple);
		stripes_remember(task->stripes, child.stripe, child.depth, &tuple->t_self);
		heap_freetuple(tuple);
	}
}

/* Notes that the transaction holds a stripe as it stands in tuple. */
static void
counter_hold(PendingRow *row, HeapTuple tuple)
{
	const CounterForm *form = COUNTER_FORM(tuple);

	row->held = true;
	row->stripe = form->stripe;
	row->depth = form->depth;
	row->tid = tuple->t_self;
	row->now.amount = row->written.amount = form->used;
	row->revision = form->revision;
	row->floor = form->zone.floor;
	row->ceiling = form->zone.ceiling;
}

/* Writes the change into a version of a stripe that the change fits in. */
static CounterAttempt
counter_attempt_write(CounterTask *task, HeapVersion *version)
{
	CounterForm *form = COUNTER_FORM(version->tuple);
	bool whole = form->depth == 0;
	Amount before = form->used;

	form->used = amount_add(form->used, task->delta);
	counter_plan_division(task, form, before);
	switch (heap_row_write(task->rel, version->tuple, whole || task->patient))
	{
		case HEAP_WRITTEN:
			break;
		case HEAP_BUSY:
			/* Locked to be gathered: a dirty snapshot does not say by whom. */
			task->patient = true;
			return ATTEMPT_BUSY;
		case HEAP_CHANGED:
			task->contended = true;
			return ATTEMPT_AGAIN;
		case HEAP_UNSEEN:
			return ATTEMPT_UNSEEN;
	}
	stripes_remember(task->stripes, form->stripe, form->depth, &version->tuple->t_self);
	if (task->children > 0)
		counter_insert_children(task, form);
	counter_hold(task->row, version->tuple);
	return ATTEMPT_DONE;
}

/* Tries to make the change in one stripe. */
static CounterAttempt
counter_attempt(CounterTask *task, StripeHint *hint)
{
	HeapKey key = counter_stripe_key(task->rel, task->cap_id, hint->stripe);
	HeapVersion version;
	CounterForm *form;
	CounterAttempt result;

	if (!heap_row_look(&key, &hint->tid, &version))
		return ATTEMPT_STALE;
	form = COUNTER_FORM(version.tuple);
	hint->tid = version.tuple->t_self;
	if (version.inserting)
	{
		task->holder = version.holder;
		result = ATTEMPT_BUSY;
	}
	else if (form->depth != hint->depth)
		result = ATTEMPT_STALE;
	else if (form->depth > 0 && !zone_holds(&form->zone, form->used, task->delta))
		result = ATTEMPT_FULL;
	else if (form->depth > 0 && TransactionIdIsValid(version.holder))
	{
		task->holder = version.holder;
		result = ATTEMPT_BUSY;
	}
	else
		result = counter_attempt_write(task, &version);
	heap_freetuple(version.tuple);
	return result;
}

/* Tries all stripes, beginning with this backend's favourite. */
static CounterAttempt
counter_attempt_all(CounterTask *task)
{
	CounterAttempt result = ATTEMPT_FULL;
	int count = task->stripes->count;

	for (int i = 0; i < count; i++)
	{
		StripeHint *hint = &task->stripes->hints[(task->stripes->preferred + i) % count];
		CounterAttempt attempt;

		do
		{
			CHECK_FOR_INTERRUPTS();
			attempt = counter_attempt(task, hint);
		} while (attempt == ATTEMPT_AGAIN);
		if (attempt == ATTEMPT_DONE || attempt == ATTEMPT_STALE)
			return attempt;
		if (attempt == ATTEMPT_BUSY || result == ATTEMPT_FULL)
			result = attempt;
	}
	return result;
}

/* Finds a stripe in the locked ones. */
static bool
counter_has_stripe(List *tuples, int32 stripe)
{
	ListCell *cell;

	foreach(cell, tuples)
		if (COUNTER_FORM((HeapTuple) lfirst(cell))->stripe == stripe)
			return true;
	return false;
}

/* Orders rows by stripe. */
static int
counter_compare_stripes(const ListCell *a, const ListCell *b)
{
	int32 left = COUNTER_FORM((HeapTuple) lfirst(a))->stripe;
	int32 right = COUNTER_FORM((HeapTuple) lfirst(b))->stripe;

	return (left > right) - (left < right);
}

/*
 * Locks what can be locked of a counter's stripes that are not locked yet, in order; returns whether
 * there were any.
 */
static bool
counter_lock_more(Relation rel, int32 cap_id, List **locked)
{
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);
	bool more = false;
	ListCell *cell;

	list_sort(rows, counter_compare_stripes);
	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);
		HeapTuple copy;
		bool deleted;

		if (counter_has_stripe(*locked, COUNTER_FORM(tuple)->stripe))
			continue;
		more = true;
		copy = heap_row_lock(rel, &tuple->t_self, &deleted);
		if (copy == NULL)
			break;				/* it moved on: keep to the order, look again */
		*locked = lappend(*locked, copy);
	}
	list_free_deep(rows);
	return more;
}

/* Locks all stripes of a counter, and returns them in order; NIL: the counter is gone. */
static List *
counter_lock_all(Relation rel, int32 cap_id)
{
	List *locked = NIL;

	CommandCounterIncrement();
	while (counter_lock_more(rel, cap_id, &locked))
		CHECK_FOR_INTERRUPTS();
	list_sort(locked, counter_compare_stripes);
	return locked;
}

/* Writes a row that this transaction has locked. */
static void
counter_write_locked(Relation rel, HeapTuple tuple)
{
	if (heap_row_write(rel, tuple, true) != HEAP_WRITTEN)
		elog(ERROR, "could not write a locked row of \"%s\"", RelationGetRelationName(rel));
}

/* Makes one row of all locked stripes, which hold used in all. Returns it. */
static HeapTuple
counter_fold(Relation rel, List *locked, Amount used)
{
	HeapTuple first = linitial(locked);
	CounterForm *form = COUNTER_FORM(first);

	form->used = used;
	form->depth = 0;
	form->zone.floor = form->zone.ceiling = 0;
	counter_write_locked(rel, first);
	for (int i = 1; i < list_length(locked); i++)
		simple_heap_delete(rel, &((HeapTuple) list_nth(locked, i))->t_self);
	return first;
}

/*
 * Divides the zone around what is used in all over the locked stripes, which keep what they hold.
 * False: it is too small for that. Returns in *mine the row that this transaction goes on with.
 */
static bool
counter_divide_anew(CounterTask *task, List *locked, Amount before, Amount used, HeapTuple *mine)
{
	const CapFigures *figures;
	int others = list_length(locked) - 1;
	Zone zone;
	Zone share;
	ListCell *cell;

	figures = rulebook_figures(task->cap_id, COUNTER_FORM((HeapTuple) linitial(locked))->revision);
	if (task->fold || others == 0 || list_length(locked) > steering_max_stripes || figures == NULL ||
		verdict_judge(figures->amount, figures->ladder, before, used).action != VERDICT_OK ||
		!zone_around(figures->amount, figures->ladder, used, &zone) ||
		!zone_share(&zone, used, others, task->delta, &share))
		return false;

	/* The first stripe gets what the others leave, counted from what all hold together. */
	foreach(cell, locked)
	{
		HeapTuple tuple = lfirst(cell);
		CounterForm *form = COUNTER_FORM(tuple);

		if (foreach_current_index(cell) == 0)
		{
			form->used = used;
			form->zone = zone;
			*mine = tuple;
		}
		else
		{
			form->used = 0;
			form->zone = share;
		}
		counter_write_locked(task->rel, tuple);
	}
	return true;
}

/* Returns what the locked stripes hold, with what this transaction has not written yet. */
static Amount
counter_sum(List *locked, const PendingRow *row)
{
	Amount used = row != NULL && row->held
					  ? amount_subtract(row->now.amount, row->written.amount)
					  : 0;
	ListCell *cell;

	foreach(cell, locked)
		used = amount_add(used, COUNTER_FORM((HeapTuple) lfirst(cell))->used);
	return used;
}

/* Makes the change in the counter as a whole. Returns what is used in all. */
static Amount
counter_gather(CounterTask *task)
{
	List *locked = counter_lock_all(task->rel, task->cap_id);
	HeapTuple mine = NULL;
	Amount before;
	Amount used;

	if (locked == NIL)
		counter_missing(task->cap_id);
	before = counter_sum(locked, task->row);
	used = amount_add(before, task->delta);
	if (!counter_divide_anew(task, locked, before, used, &mine))
		mine = counter_fold(task->rel, locked, used);
	stripes_forget(task->stripes);
	counter_hold(task->row, mine);
	list_free_deep(locked);
	return used;
}

/* Tells whether nobody but this backend changed the other stripes since it last looked. */
static bool
counter_is_left_alone(CounterTask *task)
{
	bool alone = true;

	if (task->stripes->count == 1 || ++task->stripes->calm < COUNTER_LOOK ||
		task->stripes->count <= steering_min_stripes)
		return false;
	task->stripes->calm = 0;
	for (int i = 0; i < task->stripes->count; i++)
	{
		StripeHint *hint = &task->stripes->hints[i];
		HeapKey key = counter_stripe_key(task->rel, task->cap_id, hint->stripe);
		HeapVersion version;

		if (!heap_row_look(&key, &hint->tid, &version))
			return false;
		if (!ItemPointerEquals(&hint->tid, &version.tuple->t_self) ||
			TransactionIdIsValid(version.holder))
			alone = false;
		hint->tid = version.tuple->t_self;
		heap_freetuple(version.tuple);
	}
	return alone;
}

/* Makes the transaction's first change of a counter. Returns whether it was made in one stripe. */
static bool
counter_take(CounterTask *task)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		task->holder = InvalidTransactionId;
		counter_load_stripes(task);
		switch (counter_attempt_all(task))
		{
			case ATTEMPT_DONE:
				return true;
			case ATTEMPT_STALE:
				stripes_forget(task->stripes);
				break;
			case ATTEMPT_BUSY:
				task->contended = true;
				if (TransactionIdIsValid(task->holder))
					XactLockTableWait(task->holder, NULL, NULL, XLTW_None);
				break;
			case ATTEMPT_UNSEEN:
				heap_row_serialization_failure();
				break;
			case ATTEMPT_FULL:
			case ATTEMPT_AGAIN:
				return false;
		}
	}
}

/* Notes that a statement is about to change a counter. */
static void
counter_enter_statement(PendingRow *row)
{
	CommandId statement = ActiveSnapshotSet() ? GetActiveSnapshot()->curcid : InvalidCommandId;

	/* All triggers of a statement share its snapshot; one that changed a counter uses up its id. */
	if (statement == InvalidCommandId || row->statement != statement)
	{
		row->statement = statement;
		row->statement_net = row->net;
	}
}

/* Makes a change; returns whether one stripe with a share of its own took it, else *used in all. */
static bool
counter_change(CounterTask *task, Amount *used)
{
	PendingRow *row = task->row;
	Zone zone = {row->floor, row->ceiling};

	if (row->held && (row->depth == 0 || zone_holds(&zone, row->now.amount, task->delta)))
	{
		row->now.amount = *used = amount_add(row->now.amount, task->delta);
		return row->depth > 0;
	}
	counter_load_stripes(task);
	task->fold = !row->held && counter_is_left_alone(task);
	if (row->held || task->fold || !counter_take(task))
	{
		*used = counter_gather(task);
		return false;
	}
	*used = row->now.amount;

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
counter_add(Relation rel, int32 cap_id, Amount delta)
{
	StripesKey key = counter_stripes_key(cap_id);
	CounterTask task = {.rel = rel, .cap_id = cap_id, .delta = delta};
	CounterChange change = {0};
	Amount used;

	task.row = pending_row(&key);
	counter_enter_statement(task.row);
	change.quiet = counter_change(&task, &used);
	task.row->net = amount_add(task.row->net, delta);
	if (!change.quiet)
	{
		change.after = used;
		change.before = amount_subtract(used, delta);
		change.statement_before =
			amount_subtract(used, amount_subtract(task.row->net, task.row->statement_net));
	}
	change.revision = task.row->revision;
	change.tid = task.row->tid;
	return change;
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
	COUNTER_FORM(version.tuple)->used = row->now.amount;
	counter_write_locked(rel, version.tuple);
	row->tid = version.tuple->t_self;
	row->written = row->now;
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
	ListCell *cell;

	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);
		HeapKey stripe_key = counter_stripe_key(rel, cap_id, COUNTER_FORM(tuple)->stripe);
		HeapVersion version;

		if (!heap_row_look(&stripe_key, &tuple->t_self, &version) ||
			TransactionIdIsValid(version.holder))
			return 0;
	}
	return count > 1 && counter_lock(rel, cap_id) ? count - 1 : 0;
}
