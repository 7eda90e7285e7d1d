/*
 * heap_row.c
 *	  Rows of a table of ours, found by key or by where they were last seen, without SQL.
 *
 * A row that is changed often leaves many dead versions, which an old snapshot of a long report keeps
 * from being cleaned up; looking through the index means passing all of them. So callers remember
 * where they saw a row last, and heap_row_look() follows its versions from there.
 *
 * Callers hold RowExclusiveLock on the table and a snapshot, which keeps the place of a version that was looked at
 * from being given to another one before it is written over. Results are in the caller's memory.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/smgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_row.h"
#include "ledger/heap_row_list.h"

#define HEAP_ROW_ROOM 256 /* bytes free on a page that is not nearly full: two versions */

/* Tells whether a tuple is a row of a key. All columns of our keys are four bytes wide. */
static bool
heap_row_matches(const HeapKey *key, HeapTuple tuple)
{
	for (int i = 0; i < key->nkeys; i++)
	{
		bool isnull;
		Datum value =
			heap_getattr(tuple, key->keys[i].sk_attno, RelationGetDescr(key->rel), &isnull);

		if (isnull || DatumGetInt32(value) != DatumGetInt32(key->keys[i].sk_argument))
			return false;
	}
	return true;
}

/*
 * Clears a page, pinned and not locked, of dead versions when it is nearly full, as an index scan would:
 * else the next version goes to another page, with an entry in the index.
 */
static void
heap_row_prune(Relation rel, Buffer buffer)
{
	Page page = BufferGetPage(buffer);
	Buffer visibility_map = InvalidBuffer;

	/* Read without a lock, as PostgreSQL does: a wrong guess costs no more than a page. */
	if (!PageIsFull(page) && PageGetFreeSpace(page) >= HEAP_ROW_ROOM)
		return;
	heap_page_prune_opt(rel, buffer, &visibility_map, false);
	if (BufferIsValid(visibility_map))
		ReleaseBuffer(visibility_map);
}

/*
 * Looks at one version on the way from where a row was last seen. Returns whether it is the one to
 * change; else *next says where the next version stands, or is invalid when the way ends here.
 */
static bool
heap_row_visit(const HeapKey *key, ItemPointer tid, TransactionId *updater, HeapVersion *version,
			   ItemPointer next)
{
	SnapshotData dirty;
	HeapTupleData tuple;
	Buffer buffer = InvalidBuffer;
	bool visible;

	ItemPointerSetInvalid(next);
	InitDirtySnapshot(dirty);
	tuple.t_self = *tid;
	visible = heap_fetch(key->rel, &dirty, &tuple, &buffer, true);
	if (tuple.t_data == NULL)
		return false;

	/* The place may have been used again: for another row, or for an uncommitted version of this. */
	if ((TransactionIdIsValid(*updater) &&
		 !TransactionIdEquals(HeapTupleHeaderGetXmin(tuple.t_data), *updater)) ||
		!heap_row_matches(key, &tuple) || TransactionIdIsValid(dirty.xmin))
		visible = false;
	else if (visible)
		heap_version_describe(key->rel, version, &tuple, &dirty);
	else if (!(tuple.t_data->t_infomask & HEAP_XMAX_INVALID) &&
			 !HeapTupleHeaderIsOnlyLocked(tuple.t_data) &&
			 !ItemPointerEquals(&tuple.t_self, &tuple.t_data->t_ctid))
	{
		*updater = HeapTupleHeaderGetUpdateXid(tuple.t_data);
		*next = tuple.t_data->t_ctid;
	}
	if (visible)
		heap_row_prune(key->rel, buffer);
	ReleaseBuffer(buffer);
	return visible;
}

/*
 * Tells whether a table has a page. What this backend knows of its size is as good as a look at the file: that
 * grows, and shrinks only under a lock that conflicts with ours, of which we were told when we took ours. Beyond
 * that, the table has grown meanwhile, or was cut off since the hint was true.
 */
static inline bool
heap_row_has_page(Relation rel, BlockNumber page)
{
	BlockNumber known = RelationGetSmgr(rel)->smgr_cached_nblocks[MAIN_FORKNUM];

	return (known != InvalidBlockNumber && page < known) || page < RelationGetNumberOfBlocks(rel);
}

/*
 * Finds the version to change of a row that was last seen at tid, without the index. False when it
 * cannot be found from there.
 */
static bool
heap_row_revisit(const HeapKey *key, ItemPointer tid, HeapVersion *version)
{
	ItemPointerData here = *tid;
	TransactionId updater = InvalidTransactionId;

	while (ItemPointerIsValid(&here) &&
		   heap_row_has_page(key->rel, ItemPointerGetBlockNumber(&here)))
	{
		ItemPointerData next;

		CHECK_FOR_INTERRUPTS();
		if (heap_row_visit(key, &here, &updater, version, &next))
			return true;
		here = next;
	}
	return false;
}

/*
 * Finds the version to change of the one row of a key, through the index. It may be one that another
 * transaction is inserting.
 *
 * A dirty snapshot sees uncommitted rows too, but its scan can miss a row that moves to another page
 * meanwhile. A snapshot taken after such a move is committed cannot miss it: so "not there" is
 * believed only when the second look says so too.
 */
static bool
heap_row_find(const HeapKey *key, HeapVersion *version)
{
	SnapshotData dirty;
	SysScanDesc scan;
	HeapTuple tuple;
	List *rows;

	InitDirtySnapshot(dirty);
	scan = heap_version_begin_scan(key, &dirty);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		heap_version_describe(key->rel, version, tuple, &dirty);
	systable_endscan(scan);
	if (HeapTupleIsValid(tuple))
		return true;

	rows = heap_row_list(key);
	if (rows == NIL)
		return false;
	version->tuple = linitial(rows);
	version->holder = InvalidTransactionId;
	version->inserting = false;
	return true;
}

/*
 * Reads the row of a key where it was last seen, as it is now, committed or by this transaction. False where it does
 * not stand there any more; else the caller releases the buffer when he has read the tuple. Needs no more than
 * AccessShareLock on the table.
 */
bool
heap_row_read(const HeapKey *key, ItemPointer tid, HeapTuple tuple, Buffer *buffer)
{
	tuple->t_self = *tid;
	if (!heap_row_has_page(key->rel, ItemPointerGetBlockNumber(tid)) ||
		!heap_fetch(key->rel, SnapshotSelf, tuple, buffer, false))
		return false;
	if (heap_row_matches(key, tuple))
		return true;
	ReleaseBuffer(*buffer);
	return false;
}

/* Finds the version to change of a row: from where it was last seen if possible, else by its key. */
bool
heap_row_look(const HeapKey *key, ItemPointer tid, HeapVersion *version)
{
	return heap_row_revisit(key, tid, version) || heap_row_find(key, version);
}
