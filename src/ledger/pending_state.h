/*
 * pending_state.h
 *	  What the files of pending work share: pending.c, pending_undo.c, pending_end.c.
 */
#ifndef SP71_PENDING_STATE_H
#define SP71_PENDING_STATE_H

#include "sp71_steering.h"

#include "access/xact.h"
#include "ledger/pending.h"
#include "nodes/pg_list.h"
#include "own.h"

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

struct place_hash_hash;

/*
 * What is pending. It is of one installation of the extension, known by its table of counters: where a
 * transaction drops the extension and creates it again, what comes after begins with nothing.
 */
typedef struct Pending
{
	struct place_hash_hash *places; /* of rows, by key */
	PendingRow *rows;
	int rows_used;
	int rows_room;
	PendingUndo *undo;
	int undo_used;
	int undo_room;
	List *notifications; /* of PendingNotification */
	Oid counters;
	int level;             /* of the subtransaction that this began in */
	struct Pending *outer; /* what a rollback to before that brings back */
} Pending;

extern Pending *pending; /* NULL: nothing is pending */

/* Tells whether something may be pending for the extension as it is installed now. */
static inline bool
pending_is_present(void)
{
	return pending != NULL && own_was_relation(pending->counters, OWN_CAP_COUNTER);
}

extern void pending_save_row(int position, bool existed, int level);
extern void pending_remove_last(void);
extern void pending_abort_level(int level);
extern void pending_commit_level(int level);

/* Saves a row before the present subtransaction changes it for the first time. */
static inline void
pending_save(int position, bool existed)
{
	int level = GetCurrentTransactionNestLevel();

	if (level > 1 && !(existed && pending->rows[position].saved_level >= level))
		pending_save_row(position, existed, level);
}

#endif
