/*
 * heap_version.c
 *	  Versions of rows of a table of ours: scanned by key, read where they stand, copied.
 *
 * Nothing here takes predicate locks (SIREAD), so that SERIALIZABLE gains from stripes as well. They
 * would serve to find reads that a concurrent write makes untrue. But what is decided by the rows read
 * here is decided under their locks, as of the latest commit, and stays true until they are released: a
 * stripe keeps to its share, whatever the others do, and whoever needs to know the sum holds them all.
 * Who reads the tables by SQL takes predicate locks as ever, and our writes heed them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_version.h"
#include "own_shape.h"

/* Begins a scan for the rows of a key. */
SysScanDesc
heap_version_begin_scan(const HeapKey *key, Snapshot snapshot)
{
	ScanKeyData keys[HEAP_ROW_MAX_KEYS];

	/* The scan numbers the columns in the keys anew. */
	memcpy(keys, key->keys, key->nkeys * sizeof(ScanKeyData));
	return systable_beginscan(key->rel, key->index, true, snapshot, key->nkeys, keys);
}

/* Copies a row. The columns of our tables are all of fixed width, and none is null. */
HeapTuple
heap_version_copy(Relation rel, HeapTuple tuple)
{
	own_check_row(tuple, RelationGetDescr(rel));
	return heap_copytuple(tuple);
}

/* Describes a version, by what a dirty snapshot said of it. */
void
heap_version_describe(Relation rel, HeapVersion *version, HeapTuple tuple,
					  const SnapshotData *dirty)
{
	version->tuple = heap_version_copy(rel, tuple);
	version->inserting = TransactionIdIsValid(dirty->xmin);
	version->holder = version->inserting ? dirty->xmin : dirty->xmax;
}

/*
 * Reads the version at tid: t_data of the tuple, or NULL where there is none. Returns its buffer, pinned
 * and locked.
 */
Buffer
heap_version_read(Relation rel, ItemPointer tid, HeapTuple tuple)
{
	Buffer buffer = ReadBuffer(rel, ItemPointerGetBlockNumber(tid));
	Page page = BufferGetPage(buffer);
	OffsetNumber offset = ItemPointerGetOffsetNumber(tid);
	ItemId item;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	tuple->t_data = NULL;
	tuple->t_self = *tid;
	tuple->t_tableOid = RelationGetRelid(rel);

	/* Nothing was pinned since tid was read: the page may have been pruned, or emptied. */
	if (offset > PageGetMaxOffsetNumber(page))
		return buffer;
	item = PageGetItemId(page, offset);
	if (ItemIdIsNormal(item))
	{
		tuple->t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple->t_len = ItemIdGetLength(item);
	}
	return buffer;
}

/* Tells whether a snapshot sees the version at tid, without a predicate lock on it. */
bool
heap_version_visible(Relation rel, ItemPointer tid, Snapshot snapshot)
{
	HeapTupleData tuple;
	Buffer buffer = heap_version_read(rel, tid, &tuple);
	bool visible = tuple.t_data != NULL && HeapTupleSatisfiesVisibility(&tuple, snapshot, buffer);

	UnlockReleaseBuffer(buffer);
	return visible;
}
