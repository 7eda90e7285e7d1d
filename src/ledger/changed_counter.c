/*
 * changed_counter.c
 *	  What the transaction has changed of the counters of caps, and which of their stripes it holds.
 *
 * A stripe that is held is locked in the table, so what is added here in memory fits there until it is
 * written: at the end of the transaction, or earlier where SQL of our own reads or changes the table.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/pg_list.h"

#include "ledger/changed_counter.h"
#include "ledger/heap_row.h"
#include "ledger/outer_statement.h"
#include "ledger/transaction.h"

static const TransactionRowShape changed_counter_shape = TRANSACTION_ROW_SHAPE(ChangedCounter);

/* Returns what is known of a counter, made if there is nothing, to be changed. Good until the next call. */
ChangedCounter *
changed_counter_get(int32 cap_id)
{
	TransactionRows *rows = transaction_rows_of(TRANSACTION_COUNTERS, &changed_counter_shape);
	bool made;
	ChangedCounter *changed = transaction_rows_get(rows, &cap_id, &made);

	if (made)
		changed->statement = InvalidCommandId;
	return changed;
}

/* Returns what is known of a counter, to be read; NULL if the transaction did not change it. */
ChangedCounter *
changed_counter_find(int32 cap_id)
{
	return transaction_rows_find(transaction_rows_if_any(TRANSACTION_COUNTERS), &cap_id);
}

/* Has a rollback of the present subtransaction restore what is about to be changed. */
void
changed_counter_touch(ChangedCounter *changed)
{
	transaction_rows_touch(transaction_rows_if_any(TRANSACTION_COUNTERS), changed);
}

/* Notes that a statement is about to change a counter. */
void
changed_counter_enter_statement(ChangedCounter *changed)
{
	CommandId statement = transaction_statement();

	if (statement == InvalidCommandId || changed->statement != statement)
	{
		changed->statement = statement;
		changed->statement_net = changed->net;
		changed->statement_drawn = changed->drawn;
	}
	if (unlikely(outer_statement_id != 0) && changed->outer != outer_statement_id)
	{
		changed->outer = outer_statement_id;
		changed->outer_net = changed->net;
		changed->outer_drawn = changed->drawn;
	}
}

/* Notes that the transaction holds a stripe as it stands in tuple. */
void
changed_counter_hold(ChangedCounter *changed, HeapTuple tuple)
{
	const CounterForm *form = COUNTER_FORM(tuple);

	Assert(form->cap_id == changed->key);
	changed->held = true;
	changed->stripe = form->stripe;
	changed->depth = form->depth;
	changed->tid = tuple->t_self;
	changed->writer = InvalidTransactionId;
	changed->used = changed->written = form->used;
	changed->revision = form->revision;
	changed->in_zone = form->depth > 0;
	changed->zone = form->zone;
}

/*
 * Marks what the transaction has changed of a cap until now as judged: the commit judges only what comes
 * after.
 */
void
changed_counter_mark_judged(int32 cap_id)
{
	ChangedCounter *changed;

	if (changed_counter_find(cap_id) == NULL)
		return;
	changed = changed_counter_get(cap_id);
	changed->net = changed->statement_net = changed->outer_net = 0;
	changed->drawn = changed->statement_drawn = changed->outer_drawn = 0;
	changed->judge_at_commit = changed->judge_with_outer = false;
}

/*
 * Leaves a change out of what the transaction has changed in all, which was added to it: what has expired was no
 * usage before it was taken out of the counter, so that makes no room.
 */
void
changed_counter_leave_out(int32 cap_id, int128 change)
{
	changed_counter_get(cap_id)->net -= change;
}

/* Notes what was drawn of overrides of a cap for what the transaction has changed, if anything was. */
void
changed_counter_note_drawn(int32 cap_id, int128 drawn)
{
	if (drawn != 0)
		changed_counter_get(cap_id)->drawn += drawn;
}

/* Returns what the running statement has drawn of overrides of a cap. */
int128
changed_counter_drawn(int32 cap_id)
{
	const ChangedCounter *changed = changed_counter_find(cap_id);

	return changed == NULL ? 0 : changed->drawn - changed->statement_drawn;
}

/* Adds to what the transaction has changed of a cap, without any statement having done so. */
static void
changed_counter_shift(int32 cap_id, int128 change)
{
	ChangedCounter *changed;

	if (change == 0)
		return;
	changed = changed_counter_get(cap_id);
	changed->net += change;
	changed->statement_net += change;
	changed->outer_net += change;
}

/*
 * Notes that the usage of a cap changed otherwise than by bookings: a source was counted anew.
 *
 * What that lowers is part of what the transaction changes in all, and so is a raise that is left to the
 * commit. A raise that was judged by itself, or accepted, is not judged again; but it uses up what the
 * transaction lowered before, which makes no room a second time.
 */
void
changed_counter_note_recount(int32 cap_id, int128 change, bool judged)
{
	ChangedCounter *changed = changed_counter_find(cap_id);
	int128 net = changed == NULL ? 0 : changed->net;

	if (change > 0 && judged)
		change = net < 0 ? Min(change, -net) : 0;
	changed_counter_shift(cap_id, change);
}

/*
 * Notes that other nodes have taken over usage of a cap, which changed by so much. They use it: it makes no room here, but
 * what the transaction has raised it has not raised here any more.
 */
void
changed_counter_note_moved(int32 cap_id, int128 change)
{
	const ChangedCounter *changed = changed_counter_find(cap_id);
	int128 raised = changed == NULL ? 0 : Max(changed->net, 0);

	changed_counter_shift(cap_id, Min(Max(change, -raised), 0));
}

/* Tells whether something that the transaction has booked is still to be judged. */
bool
changed_counter_any_waits(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);

	for (int i = 0; i < count; i++)
	{
		const ChangedCounter *changed = transaction_rows_at(rows, i);

		if (changed->judge_at_commit || changed->judge_with_outer)
			return true;
	}
	return false;
}

/* Has the net effect of the transaction on a cap judged when it commits. */
void
changed_counter_judge_at_commit(int32 cap_id, Oid relid)
{
	ChangedCounter *changed = changed_counter_get(cap_id);

	changed->judge_at_commit = true;
	changed->relid = relid;
}

/* Has the net effect of the outermost statement on a cap judged when it ends. */
void
changed_counter_judge_with_outer(int32 cap_id, Oid relid)
{
	ChangedCounter *changed = changed_counter_get(cap_id);

	changed->judge_with_outer = true;
	changed->relid = relid;
}

/* Orders counters by cap. */
static int
changed_counter_compare(const ListCell *a, const ListCell *b)
{
	int32 left = ((const ChangedCounter *) lfirst(a))->key;
	int32 right = ((const ChangedCounter *) lfirst(b))->key;

	return (left > right) - (left < right);
}

/* Adds a copy of a counter to a list: what judging leads to may make further rows, which moves this one. */
static List *
changed_counter_append(List *list, const ChangedCounter *changed)
{
	return lappend(list, memcpy(palloc(sizeof(ChangedCounter)), changed, sizeof(ChangedCounter)));
}

/*
 * Takes the counters that are to be judged at commit: copies, in the order of their caps. Among them are those
 * that the end of an outer statement should have judged, if that did not come.
 */
List *
changed_counter_take_judged(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);
	List *judged = NIL;

	/* So no row has to be touched: no subtransaction is left that could be undone. */
	Assert(GetCurrentTransactionNestLevel() == 1);
	for (int i = 0; i < count; i++)
	{
		ChangedCounter *changed = transaction_rows_at(rows, i);

		if (!changed->judge_at_commit && !changed->judge_with_outer)
			continue;
		changed->judge_at_commit = changed->judge_with_outer = false;
		judged = changed_counter_append(judged, changed);

		/* What is booked while these are judged, is judged by itself. What was lowered goes on making room. */
		changed->net = changed->statement_net = changed->outer_net = Min(changed->net, 0);
		changed->drawn = changed->statement_drawn = changed->outer_drawn = 0;
	}
	list_sort(judged, changed_counter_compare);
	return judged;
}

/* Takes the counters that are to be judged at the end of the outermost statement, likewise. */
List *
changed_counter_take_outer(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);
	List *judged = NIL;

	for (int i = 0; i < count; i++)
	{
		ChangedCounter *changed = transaction_rows_at(rows, i);

		if (!changed->judge_with_outer)
			continue;
		changed_counter_touch(changed);
		changed->judge_with_outer = false;
		judged = changed_counter_append(judged, changed);
	}
	list_sort(judged, changed_counter_compare);
	return judged;
}

/* Returns the next counter with unwritten changes after *position, and moves that on; NULL: no more. */
const ChangedCounter *
changed_counter_next_unwritten(int *position)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);

	while (*position < count)
	{
		const ChangedCounter *changed = transaction_rows_at(rows, (*position)++);

		if (changed_counter_unwritten(changed) != 0)
			return changed;
	}
	return NULL;
}

/* Writes what was added to a stripe in memory. */
static void
changed_counter_write(Relation rel, ChangedCounter *changed)
{
	HeapKey key = counter_stripe_key(rel, changed->key, changed->stripe);
	HeapVersion version;

	/* SQL of somebody who may change our tables can have deleted it. */
	if (!heap_row_look(&key, &changed->tid, &version))
		return;
	COUNTER_FORM(version.tuple)->used = changed->used;
	counter_write_locked(rel, version.tuple);
	changed->tid = version.tuple->t_self;
	changed->written = changed->used;
	heap_freetuple(version.tuple);
}

/* Writes what was added in memory. All these stripes are locked, so that their order does not matter. */
void
changed_counter_write_all(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);
	Relation rel = NULL;

	for (int i = 0; i < count; i++)
	{
		ChangedCounter *changed = transaction_rows_at(rows, i);

		if (changed_counter_unwritten(changed) == 0)
			continue;
		if (rel == NULL)
			rel = counter_open();
		changed_counter_touch(changed);
		changed_counter_write(rel, changed);
	}
	if (rel != NULL)
		counter_close(rel);
}

/* Lets go of the stripes, so that SQL can change them. What the transaction changed stays known. */
void
changed_counter_let_go(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_COUNTERS);
	int count = transaction_rows_count(rows);

	for (int i = 0; i < count; i++)
	{
		ChangedCounter *changed = transaction_rows_at(rows, i);

		if (!changed->held)
			continue;
		changed_counter_touch(changed);
		changed->held = false;
	}
}
