/*
 * heap_row_write.c
 *	  Writing rows of a table of ours without SQL, and locking them.
 *
 * Rows are changed by heap_update() of the version that the change was computed from: when that is
 * not the newest any more nothing is written and the caller looks again, so no change is ever lost.
 * Under REPEATABLE READ and SERIALIZABLE, a version that the transaction's snapshot cannot see is
 * not written either: the snapshot would from then on see the old version and the new one.
 *
 * Callers call CommandCounterIncrement() between two changes of the same row; see heap_row.c for what they hold.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_index.h"
#include "ledger/heap_row_write.h"
#include "ledger/heap_version.h"

/* Raises that a concurrent transaction came first. */
void
heap_row_serialization_failure(void)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("could not serialize access due to concurrent update")));
}

/* Tells whether the transaction's snapshot sees the version at tid; READ COMMITTED sees all. */
static bool
heap_row_seen(Relation rel, ItemPointer tid)
{
	return !IsolationUsesXactSnapshot() || heap_version_visible(rel, tid, GetTransactionSnapshot());
}

/*
 * Tells what writing the version at tid would meet now. heap_update() itself can only wait; should
 * somebody come between this look and it, it does, which is slower and not wrong.
 */
static HeapWrite
heap_row_peek(Relation rel, ItemPointer tid)
{
	HeapTupleData tuple;
	Buffer buffer = heap_version_read(rel, tid, &tuple);
	TM_Result result = TM_Deleted;

	if (tuple.t_data != NULL)
		result = HeapTupleSatisfiesUpdate(&tuple, GetCurrentCommandId(false), buffer);
	UnlockReleaseBuffer(buffer);
	return result == TM_Ok ? HEAP_WRITTEN : result == TM_BeingModified ? HEAP_BUSY : HEAP_CHANGED;
}

/*
 * Writes tuple over the version that stands at its t_self, and sets t_self to where it stands now.
 *
 * With wait, waits for a transaction that is changing the row; then it usually is changed.
 */
HeapWrite
heap_row_write(Relation rel, HeapTuple tuple, bool wait)
{
	ItemPointerData tid = tuple->t_self;
	TU_UpdateIndexes update_indexes;
	LockTupleMode lockmode;
	TM_FailureData failure;
	TM_Result result;

	if (!heap_row_seen(rel, &tid))
		return HEAP_UNSEEN;
	/* heap_update() would wait for a holder; this caller may have another stripe to try. */
	if (!wait)
	{
		HeapWrite expected = heap_row_peek(rel, &tid);

		if (expected != HEAP_WRITTEN)
			return expected;
	}
	result = heap_update_row(rel, &tid, tuple, GetCurrentCommandId(true), InvalidSnapshot, true,
							 &failure, &lockmode, &update_indexes);
	switch (result)
	{
		case TM_Ok:
			if (update_indexes != TU_None)
				heap_index_insert(rel, tuple, true);
			return HEAP_WRITTEN;
		case TM_Updated:
		case TM_Deleted:
			/* Somebody committed a newer version first: to add to this one would undo that. */
			return HEAP_CHANGED;
		default:
			elog(ERROR, "unexpected result %d of heap_update on \"%s\"", (int) result,
				 RelationGetRelationName(rel));
			return HEAP_CHANGED;
	}
}

/* Inserts a row; sets t_self of the tuple. */
void
heap_row_insert(Relation rel, HeapTuple tuple)
{
	heap_insert(rel, tuple, GetCurrentCommandId(true), 0, NULL);
	heap_index_insert(rel, tuple, false);
}

/*
 * Waits for the row version at tid to be free, and locks it to the end of the transaction. Returns a
 * copy, or NULL when it is no longer the newest version; *deleted then says that the row is gone.
 */
HeapTuple
heap_row_lock(Relation rel, ItemPointer tid, bool *deleted)
{
	HeapTupleData tuple;
	Buffer buffer;
	TM_FailureData failure;
	TM_Result result;
	HeapTuple copy = NULL;

	if (!heap_row_seen(rel, tid))
		heap_row_serialization_failure();
	tuple.t_self = *tid;
	result = heap_lock_tuple(rel, &tuple, GetCurrentCommandId(true), LockTupleExclusive,
							 LockWaitBlock, false, &buffer, &failure);
	if (result == TM_Ok)
		copy = heap_version_copy(rel, &tuple);
	else if (result != TM_Updated && result != TM_Deleted)
		elog(ERROR, "unexpected result %d of heap_lock_tuple on \"%s\"", (int) result,
			 RelationGetRelationName(rel));
	ReleaseBuffer(buffer);
	*deleted = result == TM_Deleted;

	/* Whoever came first committed after our snapshot was taken: looking again would not help. */
	if (copy == NULL && IsolationUsesXactSnapshot())
		heap_row_serialization_failure();
	return copy;
}
