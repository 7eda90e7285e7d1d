/*
 * compat.h
 *	  The differences between PostgreSQL releases, each written as the newer API back-ported.
 */
#ifndef SP71_COMPAT_H
#define SP71_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "sp71_steering needs PostgreSQL 15 or later"
#endif

/* 18 has virtual generated columns, and this to replace them by their expressions. */
#if PG_VERSION_NUM >= 180000
#include "rewrite/rewriteHandler.h"
#else
#define expand_generated_columns_in_expr(node, rel, rt_index) (node)
#endif

/* 16 tells which indexes a heap update needs, and can write those of summarizing indexes alone. */
#if PG_VERSION_NUM >= 160000
#define heap_update_row heap_update
#else
#include "access/heapam.h"
#include "executor/executor.h"

typedef enum TU_UpdateIndexes
{
	TU_None,
	TU_All,
	TU_Summarizing
} TU_UpdateIndexes;

static inline TM_Result
heap_update_row(Relation relation, ItemPointer otid, HeapTuple newtup, CommandId cid,
				Snapshot crosscheck, bool wait, TM_FailureData *tmfd, LockTupleMode *lockmode,
				TU_UpdateIndexes *update_indexes)
{
	TM_Result result = heap_update(relation, otid, newtup, cid, crosscheck, wait, tmfd, lockmode);

	*update_indexes = result == TM_Ok && !HeapTupleIsHeapOnly(newtup) ? TU_All : TU_None;
	return result;
}

#define ExecInsertIndexTuples(result, slot, estate, update, no_error, conflict, arbiters,          \
							  only_summarizing)                                                    \
	ExecInsertIndexTuples(result, slot, estate, update, no_error, conflict, arbiters)
#endif

#endif
