/*
 * heap_bulk.c
 *	  Many new rows of a table, written without SQL a page at a time.
 *
 * Rows are kept until there are HEAP_BULK_ROWS of them, and then written as COPY does, with their entries in all
 * indexes. No trigger fires. The caller holds RowExclusiveLock. What it takes lives in a memory context of its own,
 * below the caller's.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ledger/heap_bulk.h"

#define HEAP_BULK_ROWS 256

struct HeapBulk
{
	MemoryContext context;
	MemoryContext rows; /* of the tuples that are kept */
	Relation rel;
	EState *estate;
	ResultRelInfo *result;
	BulkInsertState state;
	int count;
	TupleTableSlot *slots[HEAP_BULK_ROWS];
};

/* Begins with no row. */
HeapBulk *
heap_bulk_begin(Relation rel)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering bulk", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	HeapBulk *bulk = palloc0(sizeof(HeapBulk));

	bulk->context = context;
	bulk->rows = AllocSetContextCreate(context, "sp71_steering bulk rows", ALLOCSET_DEFAULT_SIZES);
	bulk->rel = rel;
	bulk->estate = CreateExecutorState();
	bulk->result = makeNode(ResultRelInfo);
	InitResultRelInfo(bulk->result, rel, 0, NULL, 0);
	ExecOpenIndices(bulk->result, false);
	bulk->state = GetBulkInsertState();
	for (int i = 0; i < HEAP_BULK_ROWS; i++)
		bulk->slots[i] = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	MemoryContextSwitchTo(caller);
	return bulk;
}

/* Writes the rows that are kept. */
static void
heap_bulk_flush(HeapBulk *bulk)
{
	MemoryContext caller = MemoryContextSwitchTo(bulk->rows);

	if (bulk->count > 0)
		heap_multi_insert(bulk->rel, bulk->slots, bulk->count, GetCurrentCommandId(true), 0,
						  bulk->state);
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < bulk->count; i++)
	{
		TupleTableSlot *slot = bulk->slots[i];

		slot->tts_tableOid = RelationGetRelid(bulk->rel);
		exec_insert_index_tuples(bulk->result, bulk->estate, slot);
		ResetPerTupleExprContext(bulk->estate);
		ExecClearTuple(slot);
	}
	bulk->count = 0;
	MemoryContextReset(bulk->rows);
}

/* Takes a row, which is copied. */
void
heap_bulk_insert(HeapBulk *bulk, HeapTuple tuple)
{
	MemoryContext caller = MemoryContextSwitchTo(bulk->rows);

	ExecStoreHeapTuple(heap_copytuple(tuple), bulk->slots[bulk->count++], false);
	MemoryContextSwitchTo(caller);
	if (bulk->count == HEAP_BULK_ROWS)
		heap_bulk_flush(bulk);
}

/* Writes what is left, and lets go of the rest. */
void
heap_bulk_end(HeapBulk *bulk)
{
	heap_bulk_flush(bulk);
	for (int i = 0; i < HEAP_BULK_ROWS; i++)
		ExecDropSingleTupleTableSlot(bulk->slots[i]);
	FreeBulkInsertState(bulk->state);
	ExecCloseIndices(bulk->result);
	FreeExecutorState(bulk->estate);
	MemoryContextDelete(bulk->context);
}
