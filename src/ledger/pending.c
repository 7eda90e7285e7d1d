/*
 * pending.c
 *	  What a transaction changed of counters and usage cells, and what of that is still to be written;
 *	  and what else it owes at its end: verdicts, notifications.
 *
 * All of it lives in TopTransactionContext. Rows stand in an array, found through a hash. What a
 * subtransaction does can be undone (pending_undo.c); rows are written at the end of the transaction, and
 * by pending_flush() before SQL of our own reads or changes the tables (pending_end.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "bookings/statement.h"
#include "ledger/pending_state.h"
#include "rules/rulebook.h"

#define PENDING_MAX_PAYLOAD 7999 /* what NOTIFY takes, less its terminator */

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

Pending *pending = NULL;

/*
 * Tells the running statement apart from others of the transaction: by its snapshot, which all its
 * triggers share. One that changed anything uses up its id.
 */
CommandId
pending_statement(void)
{
	return ActiveSnapshotSet() ? GetActiveSnapshot()->curcid : InvalidCommandId;
}

/*
 * Returns the state of the transaction, made at first use, and anew where the extension is not the one
 * that it was: what was pending of that one has gone with it.
 */
static Pending *
pending_state(void)
{
	Pending *state;
	MemoryContext caller;

	if (likely(pending_is_present()))
		return pending;

	caller = MemoryContextSwitchTo(TopTransactionContext);
	state = palloc0(sizeof(Pending));
	state->rows_room = 8;
	state->rows = palloc(state->rows_room * sizeof(PendingRow));
	state->places = place_hash_create(TopTransactionContext, 8, NULL);
	state->counters = own_relation(OWN_CAP_COUNTER);
	state->level = GetCurrentTransactionNestLevel();
	state->outer = pending;
	MemoryContextSwitchTo(caller);
	return pending = state;
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
	PendingPlace *place = pending_is_present() ? place_hash_lookup(pending->places, *key) : NULL;

	return place == NULL ? NULL : &pending->rows[place->position];
}

/* Has a rollback of the present subtransaction restore a row that is about to be changed. */
void
pending_touch(PendingRow *row)
{
	pending_save((int) (row - pending->rows), true);
}

/* Takes the row that was made last away again. */
void
pending_remove_last(void)
{
	place_hash_delete(pending->places, pending->rows[--pending->rows_used].key);
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
 * Takes note that the usage of a cap changed otherwise than by bookings: a source was counted anew.
 *
 * What that lowers is part of what the transaction changes in all, and so is a raise that is left to the
 * commit. A raise that was judged by itself, or accepted, is not judged again; but it uses up what the
 * transaction lowered before, which makes no room a second time.
 */
void
pending_rebase(int32 cap_id, int128 change, bool judged)
{
	StripesKey key = {.service_id = cap_id};
	PendingRow *row = pending_find(&key);
	int128 net = row == NULL ? 0 : row->net;

	if (change > 0 && judged)
		change = net < 0 ? Min(change, -net) : 0;
	if (change == 0)
		return;
	row = pending_row(&key);
	row->net += change;
	row->statement_net += change;
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
