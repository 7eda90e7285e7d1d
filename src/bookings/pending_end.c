/*
 * pending_end.c
 *	  How pending work ends: rows are written, what is to be judged is judged, notifications are sent; at
 *	  pre-commit and pre-prepare, rows also by pending_flush().
 *
 * Counters come first: they are locked, so that their order does not matter. Usage cells follow in the
 * order of their keys.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/async.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "bookings/closed_change.h"
#include "bookings/judge.h"
#include "ledger/counter.h"
#include "ledger/pending_state.h"
#include "ledger/usage_cell.h"

#define PENDING_CHANNEL "sp71_steering"

/* Tells whether a row has changes that do not stand in its table. */
static bool
pending_is_unwritten(const PendingRow *row)
{
	if (row->key.source_id > 0)
		return !usage_sum_is_zero(&row->change);
	return row->held && row->used != row->written;
}

/*
 * Writes the counters, and returns how many usage cells remain. The counters are locked, so that their
 * order does not matter.
 */
static int
pending_write_counters(void)
{
	Relation rel = NULL;
	int cells = 0;

	for (int i = 0; i < pending->rows_used; i++)
	{
		PendingRow *row = &pending->rows[i];

		if (!pending_is_unwritten(row))
			continue;
		if (row->key.source_id > 0)
		{
			cells++;
			continue;
		}
		if (rel == NULL)
			rel = counter_open();
		counter_write_pending(rel, row);
	}
	if (rel != NULL)
		counter_close(rel);
	return cells;
}

/* Orders rows of usage cells. */
static int
pending_compare_cells(const void *a, const void *b)
{
	return usage_cell_compare(&(*(PendingRow *const *) a)->key, &(*(PendingRow *const *) b)->key);
}

/* Writes the usage cells, of which there are so many, in order. */
static void
pending_write_cells(int count)
{
	PendingRow **cells = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(PendingRow *));
	Relation rel = usage_cell_open();
	int used = 0;

	for (int i = 0; i < pending->rows_used; i++)
		if (pending->rows[i].key.source_id > 0 && pending_is_unwritten(&pending->rows[i]))
			cells[used++] = &pending->rows[i];
	if (used > 1)
		qsort(cells, used, sizeof(PendingRow *), pending_compare_cells);
	for (int i = 0; i < used; i++)
	{
		CHECK_FOR_INTERRUPTS();
		usage_cell_add(rel, &cells[i]->key, &cells[i]->change);
		memset(&cells[i]->change, 0, sizeof(UsageSum));
	}
	usage_cell_close(rel);
	pfree(cells);
}

/* Writes all rows. */
static void
pending_write_all(void)
{
	int cells;

	CommandCounterIncrement();
	cells = pending_write_counters();
	if (cells > 0)
		pending_write_cells(cells);
	CommandCounterIncrement();
}

/*
 * Writes everything and lets go of the rows, so that SQL can read and change them. What the
 * transaction changed of each cap stays known.
 */
void
pending_flush(void)
{
	if (!pending_is_present() || pending->rows_used == 0)
		return;
	for (int i = 0; i < pending->rows_used; i++)
		if (pending->rows[i].held || pending_is_unwritten(&pending->rows[i]))
			pending_save(i, true);
	pending_write_all();
	for (int i = 0; i < pending->rows_used; i++)
		pending->rows[i].held = false;
}

/* Returns the next row with unwritten changes after *position, and moves that on; NULL: no more. */
const PendingRow *
pending_next_unwritten(int *position)
{
	while (pending_is_present() && *position < pending->rows_used)
	{
		const PendingRow *row = &pending->rows[(*position)++];

		if (pending_is_unwritten(row))
			return row;
	}
	return NULL;
}

/* Returns the changes of a row that do not stand in its table. Those of a counter are in its amount. */
UsageSum
pending_unwritten(const PendingRow *row)
{
	UsageSum change = row->change;

	if (row->key.source_id == 0)
		change.amount = (int128) row->used - row->written;
	return change;
}

/* Orders counters by cap. */
static int
pending_compare_caps(const ListCell *a, const ListCell *b)
{
	int32 left = ((const PendingRow *) lfirst(a))->key.service_id;
	int32 right = ((const PendingRow *) lfirst(b))->key.service_id;

	return (left > right) - (left < right);
}

/* Takes the caps that are to be judged, in order, and judges what was done to closed periods. */
static List *
pending_take_judged(void)
{
	List *caps = NIL;

	for (int i = 0; i < pending->rows_used; i++)
	{
		PendingRow *row = &pending->rows[i];

		if (!row->judge_at_commit)
			continue;
		row->judge_at_commit = false;
		if (row->key.source_id < 0)
			closed_change_judge_at_commit(row);
		else
			caps = lappend(caps, memcpy(palloc(sizeof(PendingRow)), row, sizeof(PendingRow)));
	}
	list_sort(caps, pending_compare_caps);
	return caps;
}

/*
 * Judges what is to be judged before the transaction may commit or be prepared: closed periods and then
 * caps, as for a statement. A trigger on one of our tables, of whoever made it, may have booked meanwhile.
 */
static void
pending_judge(void)
{
	List *caps;

	while ((caps = pending_take_judged()) != NIL)
	{
		List *refusals = NIL;
		ListCell *cell;

		CHECK_FOR_INTERRUPTS();
		foreach(cell, caps)
		{
			const PendingRow *row = lfirst(cell);

			judge_at_commit(row->key.service_id, row->net, row->relid, &refusals);
		}
		refusal_raise(refusals, REFUSAL_OF_TRANSACTION);
	}
}

/*
 * Does what must be done before the transaction ends well. Its statements are over, and so are their
 * snapshots: heap_row.c needs one.
 */
static void
pending_finish(void)
{
	Snapshot snapshot;

	/* Within the transaction the extension may have been dropped, and all caps with it. */
	if (!own_installed() || !pending_is_present())
		return;
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	pending_judge();
	if (pending->rows_used > 0)
		pending_write_all();
	UnregisterSnapshot(snapshot);
}

/* Sends the notifications. */
static void
pending_send(void)
{
	ListCell *cell;

	foreach(cell, pending->notifications)
		Async_Notify(PENDING_CHANNEL, ((PendingNotification *) lfirst(cell))->payload);
}

/*
 * Follows the transaction. PREPARE TRANSACTION refuses a transaction with notifications, so a
 * prepared one leaves its events without them.
 */
static void
pending_xact_callback(XactEvent event, void *arg)
{
	if (pending == NULL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			pending_finish();
			pending_send();
			break;
		case XACT_EVENT_PRE_PREPARE:
			pending_finish();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			pending = NULL; /* the memory goes with the transaction's */
			break;
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PARALLEL_ABORT:
			/* workers book nothing */
			break;
	}
}

/* Follows subtransactions. */
static void
pending_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						 void *arg)
{
	if (pending == NULL)
		return;
	switch (event)
	{
		case SUBXACT_EVENT_ABORT_SUB:
			pending_abort_level(GetCurrentTransactionNestLevel());
			break;
		case SUBXACT_EVENT_COMMIT_SUB:
			pending_commit_level(GetCurrentTransactionNestLevel());
			break;
		case SUBXACT_EVENT_START_SUB:
		case SUBXACT_EVENT_PRE_COMMIT_SUB:
			break;
	}
}

/* Registers the callbacks; called once, when the library is loaded. */
void
pending_register_callbacks(void)
{
	RegisterXactCallback(pending_xact_callback, NULL);
	RegisterSubXactCallback(pending_subxact_callback, NULL);
}
