/*
 * heap_index.c
 *	  Index entries of rows of a table of ours, written without SQL.
 *
 * Our tables have one index, the primary key, whose entry is made of plain columns. That is written with
 * what it takes and no more. A DBA may have added indexes, on expressions or on some rows alone: those take
 * an executor.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/rel.h"

#include "ledger/heap_index.h"

/* Writes the entries of a row, or of a new version of one, in whatever indexes there are. */
static void
heap_index_insert_all(Relation rel, HeapTuple tuple)
{
	EState *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);

	InitResultRelInfo(result, rel, 0, NULL, 0);
	ExecStoreHeapTuple(tuple, slot, false);
	slot->tts_tid = tuple->t_self;
	slot->tts_tableOid = RelationGetRelid(rel);
	ExecOpenIndices(result, false);
	exec_insert_index_tuples(result, estate, slot);
	ExecCloseIndices(result);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}

/*
 * Writes the entry of a row in the primary key.
 *
 * Of a new version of a row that was there it is known that no other row has its key. Looking it up would
 * mean passing all versions of the row that an old snapshot still needs.
 */
static void
heap_index_insert_key(Relation rel, Relation index, HeapTuple tuple, bool was_there)
{
	IndexInfo *info = BuildIndexInfo(index);
	Datum values[INDEX_MAX_KEYS];
	bool nulls[INDEX_MAX_KEYS];

	Assert(info->ii_Unique && info->ii_ReadyForInserts);
	for (int i = 0; i < info->ii_NumIndexAttrs; i++)
		values[i] =
			heap_getattr(tuple, info->ii_IndexAttrNumbers[i], RelationGetDescr(rel), &nulls[i]);
	index_insert(index, values, nulls, &tuple->t_self, rel,
				 was_there ? UNIQUE_CHECK_NO : UNIQUE_CHECK_YES, was_there, info);
	pfree(info);
}

/* Tells whether an index is a primary key that is checked at once, as ours are. */
static bool
heap_index_is_key(Relation index)
{
	return index->rd_index->indisprimary && index->rd_index->indimmediate &&
		   index->rd_index->indisready;
}

/* Writes the index entries of a row, or of a new version of one. */
void
heap_index_insert(Relation rel, HeapTuple tuple, bool was_there)
{
	List *indexes = RelationGetIndexList(rel);
	Relation index = NULL;

	if (list_length(indexes) == 1)
		index = index_open(linitial_oid(indexes), RowExclusiveLock);
	if (index != NULL && heap_index_is_key(index))
		heap_index_insert_key(rel, index, tuple, was_there);
	else
		heap_index_insert_all(rel, tuple);
	if (index != NULL)
		index_close(index, RowExclusiveLock);
	list_free(indexes);
}
