/*
 * pending.c
 *	  What a transaction changed of counters and usage cells, and what of that is still to be written;
 *	  and what else it owes at its end: verdicts, notifications.
 *
 * All of it lives in TopTransactionContext. Rows stand in an array, found through a hash. What a
 * subtransaction changes of them is saved first, in an undo log that only grows at its end: when the
 * subtransaction aborts, its part of the log is played back; when it commits, its part becomes its
 * parent's, and is dropped where the parent is the transaction itself, which is undone as a whole.
 * Notifications stand in a list whose elements carry the level of their subtransaction.
 *
 * Rows are written at pre-commit and pre-prepare, and by pending_flush() before SQL of our own reads
 * or changes the tables.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/async.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "caps/closed_change.h"
#include "caps/counter.h"
#include "caps/judge.h"
#include "caps/pending.h"
#include "caps/rulebook.h"
#include "caps/statement.h"
#include "caps/usage_cell.h"
#include "own.h"

#define PENDING_CHANNEL "sp71_steering"
#define PENDING_MAX_PAYLOAD 7999 /* what NOTIFY takes, less its terminator */

/* How a row was before a subtransaction changed it. */
typedef struct PendingUndo
{
	int position;
	int level;
	bool existed;
	PendingRow saved;
} PendingUndo;

/* A notification to send. */
typedef struct PendingNotification
{
	int level;
	char *payload;
} PendingNotification;

/* Finds a row's place in the array. */
typedef struct PendingPlace
{
	StripesKey key;
	char status;
	int position;
} PendingPlace;

#define SH_PREFIX place_hash
#define SH_ELEMENT_TYPE PendingPlace
#define SH_KEY_TYPE StripesKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) &(k), sizeof(StripesKey))
#define SH_EQUAL(tb, a, b) (memcmp(&(a), &(b), sizeof(StripesKey)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct Pending
{
	place_hash_hash *places;
	PendingRow *rows;
	int rows_used;
	int rows_room;
	PendingUndo *undo;
	int undo_used;
	int undo_room;
	List *notifications; /* of PendingNotification */
} Pending;

static Pending *pending = NULL; /* NULL: nothing is pending */

/*
 * Tells the running statement apart from others of the transaction: by its snapshot, which all its
 * triggers share. One that changed anything uses up its id.
 */
CommandId
pending_statement(void)
{
	return ActiveSnapshotSet() ? GetActiveSnapshot()->curcid : InvalidCommandId;
}

/* Returns the transaction's state, made at first use. */
static Pending *
pending_state(void)
{
	MemoryContext caller;

	if (pending != NULL)
		return pending;

	caller = MemoryContextSwitchTo(TopTransactionContext);
	pending = palloc0(sizeof(Pending));
	pending->rows_room = 8;
	pending->rows = palloc(pending->rows_room * sizeof(PendingRow));
	pending->places = place_hash_create(TopTransactionContext, 8, NULL);
	MemoryContextSwitchTo(caller);
	return pending;
}

/* Saves a row before the present subtransaction changes it for the first time. */
static void
pending_save(int position, bool existed)
{
	PendingRow *row = &pending->rows[position];
	int level = GetCurrentTransactionNestLevel();
	PendingUndo *undo;

	if (level == 1 || (existed && row->saved_level >= level))
		return;
	if (pending->undo_used == pending->undo_room)
	{
		pending->undo_room = Max(8, 2 * pending->undo_room);
		pending->undo =
			pending->undo == NULL
				? MemoryContextAlloc(TopTransactionContext,
									 pending->undo_room * sizeof(PendingUndo))
				: repalloc_huge(pending->undo, pending->undo_room * sizeof(PendingUndo));
	}
	undo = &pending->undo[pending->undo_used++];
	undo->position = position;
	undo->level = level;
	undo->existed = existed;
	if (existed)
		undo->saved = *row;
	row->saved_level = level;
}

/* Appends a row that nothing is known of yet. */
static int
pending_append(const StripesKey *key)
{
	PendingRow *row;

	if (pending->rows_used == pending->rows_room)
	{
		pending->rows_room *= 2;
		pending->rows = repalloc_huge(pending->rows, pending->rows_room * sizeof(PendingRow));
	}
	row = &pending->rows[pending->rows_used];
	memset(row, 0, sizeof(PendingRow));
	row->key = *key;
	row->saved_level = 1;
	row->statement = InvalidCommandId;
	return pending->rows_used++;
}

/*
 * Returns the row of a key, made if there is none, to be changed: a rollback of the present
 * subtransaction will restore it. Good until the next call.
 */
PendingRow *
pending_row(const StripesKey *key)
{
	PendingPlace *place = place_hash_lookup(pending_state()->places, *key);
	int position = place == NULL ? pending_append(key) : place->position;

	pending_save(position, place != NULL);
	if (place == NULL)
	{
		bool found;

		place = place_hash_insert(pending->places, *key, &found);
		place->position = position;
	}
	return &pending->rows[position];
}

/* Returns the row of a key, to be read; NULL if the transaction did not change it. */
PendingRow *
pending_find(const StripesKey *key)
{
	PendingPlace *place = pending == NULL ? NULL : place_hash_lookup(pending->places, *key);

	return place == NULL ? NULL : &pending->rows[place->position];
}

/* Has a rollback of the present subtransaction restore a row that is about to be changed. */
void
pending_touch(PendingRow *row)
{
	pending_save((int) (row - pending->rows), true);
}

/* Tells whether a row has changes that do not stand in its table. */
static bool
pending_is_unwritten(const PendingRow *row)
{
	if (row->key.source_id > 0)
		return !usage_is_zero(&row->now);
	return row->held && row->now.amount != row->written.amount;
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
		usage_cell_add(rel, &cells[i]->key, &cells[i]->now);
		memset(&cells[i]->now, 0, sizeof(Usage));
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
	if (pending == NULL || pending->rows_used == 0)
		return;
	for (int i = 0; i < pending->rows_used; i++)
		if (pending->rows[i].held || pending_is_unwritten(&pending->rows[i]))
			pending_save(i, true);
	pending_write_all();
	for (int i = 0; i < pending->rows_used; i++)
		pending->rows[i].held = false;
}

/*
 * Takes what the transaction has changed of a cap until now as judged: at commit, only what comes after
 * will be.
 */
void
pending_settle(int32 cap_id)
{
	StripesKey key = {.service_id = cap_id};
	PendingRow *row;

	if (pending_find(&key) == NULL)
		return;
	row = pending_row(&key);
	row->net = row->statement_net = 0;
	row->judge_at_commit = false;
}

/*
 * Takes note that the usage of a cap changed otherwise than by bookings, which was judged by itself. What
 * bookings of the transaction lowered before, that judgement has counted in: at commit it makes no room
 * a second time.
 */
void
pending_rebase(int32 cap_id)
{
	StripesKey key = {.service_id = cap_id};
	PendingRow *row = pending_find(&key);

	if (row == NULL || row->net >= 0)
		return;
	row = pending_row(&key);
	row->statement_net = amount_subtract(row->statement_net, row->net);
	row->net = 0;
}

/*
 * Keeps all bookings out, to the end of the transaction, and writes this one's own: what whoever
 * changes structure begins with.
 */
void
pending_exclude_bookings(void)
{
	rulebook_exclude_bookings();
	statement_write_queued();
	pending_flush();
}

/* Returns the next row with unwritten changes after *position, and moves that on; NULL: no more. */
const PendingRow *
pending_next_unwritten(int *position)
{
	while (pending != NULL && *position < pending->rows_used)
	{
		const PendingRow *row = &pending->rows[(*position)++];

		if (pending_is_unwritten(row))
			return row;
	}
	return NULL;
}

/* Sends a notification when the transaction commits. */
void
pending_notify(const char *payload)
{
	Pending *state = pending_state();
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	PendingNotification *notification = palloc(sizeof(PendingNotification));

	notification->level = GetCurrentTransactionNestLevel();
	notification->payload = pnstrdup(payload, PENDING_MAX_PAYLOAD);
	state->notifications = lappend(state->notifications, notification);
	MemoryContextSwitchTo(caller);
}

/* Undoes what an aborted subtransaction did. */
static void
pending_abort_level(int level)
{
	while (pending->undo_used > 0 && pending->undo[pending->undo_used - 1].level >= level)
	{
		PendingUndo *undo = &pending->undo[--pending->undo_used];

		if (undo->existed)
			pending->rows[undo->position] = undo->saved;
		else
		{
			Assert(undo->position == pending->rows_used - 1);
			place_hash_delete(pending->places, pending->rows[--pending->rows_used].key);
		}
	}
	while (pending->notifications != NIL &&
		   ((PendingNotification *) llast(pending->notifications))->level >= level)
		pending->notifications = list_delete_last(pending->notifications);
}

/*
 * Gives the undo log of a committed subtransaction to its parent. What the parent has saved itself is
 * dropped; everything is, where the parent is the transaction.
 */
static void
pending_commit_undo(int level)
{
	int first = pending->undo_used;
	int kept;

	while (first > 0 && pending->undo[first - 1].level >= level)
		first--;
	kept = first;
	for (int i = first; i < pending->undo_used; i++)
	{
		PendingUndo *undo = &pending->undo[i];

		pending->rows[undo->position].saved_level = level - 1;
		if (level - 1 == 1 || (undo->existed && undo->saved.saved_level >= level - 1))
			continue;
		undo->level = level - 1;
		pending->undo[kept++] = *undo;
	}
	pending->undo_used = kept;
}

/* Gives what a committed subtransaction did to its parent. */
static void
pending_commit_level(int level)
{
	ListCell *cell;

	pending_commit_undo(level);
	foreach(cell, pending->notifications)
	{
		PendingNotification *notification = lfirst(cell);

		notification->level = Min(notification->level, level - 1);
	}
}

/* Judges what is to be judged before the transaction may commit or be prepared. */
static void
pending_judge(void)
{
	for (int i = 0; i < pending->rows_used; i++)
	{
		const PendingRow *row = &pending->rows[i];

		if (!row->judge_at_commit)
			continue;
		if (row->key.source_id < 0)
			closed_change_judge_at_commit(row);
		else
			judge_at_commit(row->key.service_id, row->net, row->relid);
	}
}

/* Does what must be done before the transaction ends well. */
static void
pending_finish(void)
{
	/* Within the transaction the extension may have been dropped, and all caps with it. */
	if (!own_installed())
		return;
	pending_judge();
	if (pending->rows_used > 0)
		pending_write_all();
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
