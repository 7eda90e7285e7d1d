/*
 * pending_undo.c
 *	  What subtransactions did to the pending work of a transaction, and how it is undone.
 *
 * What a subtransaction changes of the rows is saved first, in an undo log that only grows at its end:
 * when the subtransaction aborts, its part of the log is played back; when it commits, its part becomes
 * its parent's, and is dropped where the parent is the transaction itself, which is undone as a whole.
 * Notifications stand in a list whose elements carry the level of their subtransaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "ledger/pending_state.h"

/* Saves a row that a subtransaction of this level is about to change. */
void
pending_save_row(int position, bool existed, int level)
{
	PendingRow *row = &pending->rows[position];
	PendingUndo *undo;

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

/* Undoes what an aborted subtransaction did, and that it dropped the extension and created another. */
void
pending_abort_level(int level)
{
	while (pending->outer != NULL && pending->level >= level)
		pending = pending->outer;
	while (pending->undo_used > 0 && pending->undo[pending->undo_used - 1].level >= level)
	{
		PendingUndo *undo = &pending->undo[--pending->undo_used];

		if (undo->existed)
			pending->rows[undo->position] = undo->saved;
		else
		{
			Assert(undo->position == pending->rows_used - 1);
			pending_remove_last();
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
pending_commit_undo(Pending *state, int level)
{
	int first = state->undo_used;
	int kept;

	while (first > 0 && state->undo[first - 1].level >= level)
		first--;
	kept = first;
	for (int i = first; i < state->undo_used; i++)
	{
		PendingUndo *undo = &state->undo[i];

		state->rows[undo->position].saved_level = level - 1;
		if (level - 1 == 1 || (undo->existed && undo->saved.saved_level >= level - 1))
			continue;
		undo->level = level - 1;
		state->undo[kept++] = *undo;
	}
	state->undo_used = kept;
}

/* Gives what a committed subtransaction did to its parent. */
void
pending_commit_level(int level)
{
	for (Pending *state = pending; state != NULL; state = state->outer)
	{
		ListCell *cell;

		pending_commit_undo(state, level);
		state->level = Min(state->level, level - 1);
		foreach(cell, state->notifications)
		{
			PendingNotification *notification = lfirst(cell);

			notification->level = Min(notification->level, level - 1);
		}
	}
}
