/*
 * heap_row.c
 *	  Rows of a table of ours, found by key or by where they were last seen, and written without SQL.
 *
 * Rows are changed by heap_update() of the version that the change was computed from: when that is
 * not the newest any more nothing is written and the caller looks again, so no change is ever lost.
 * Under REPEATABLE READ and SERIALIZABLE, a version that the transaction's snapshot cannot see is
 * not written either: the snapshot would from then on see the old version and the new one.
 *
 * Nothing here takes predicate locks (SIREAD), so that SERIALIZABLE gains from stripes as well. They
 * would serve to find reads that a concurrent write makes untrue. But what is decided by the rows read
 * here is decided under their locks, as of the latest commit, and stays true until they are released: a
 * stripe keeps to its share, whatever the others do, and whoever needs to know the sum holds them all.
 * Who reads the tables by SQL takes predicate locks as ever, and our writes heed them.
 *
 * A row that is changed often leaves many dead versions, which an old snapshot of a long report keeps
 * from being cleaned up; looking through the index means passing all of them. So callers remember
 * where they saw a row last, and heap_row_look() follows its versions from there.
 *
 * Callers hold RowExclusiveLock on the table and a snapshot, and call CommandCounterIncrement() between
 * two changes of the same row. The snapshot keeps the place of a version that was looked at from being
 * given to another one before it is written over. Results are in the caller's memory.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/smgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_index.h"
#include "ledger/heap_row.h"
#include "own_shape.h"

#define HEAP_ROW_ROOM 256 /* bytes free on a page that is not nearly full: two versions */

/* Begins a scan for the rows of a key. */
static SysScanDesc
heap_row_begin_scan(const HeapKey *key, Snapshot snapshot)
{
	ScanKeyData keys[HEAP_ROW_MAX_KEYS];

	/* The scan numbers the columns in the keys anew. */
	memcpy(keys, key->keys, key->nkeys * sizeof(ScanKeyData));
	return systable_beginscan(key->rel, key->index, true, snapshot, key->nkeys, keys);
}

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

/* Copies a row. The columns of our tables are all of fixed width, and none is null. */
static HeapTuple
heap_row_copy(Relation rel, HeapTuple tuple)
{
	own_check_row(tuple, RelationGetDescr(rel));
	return heap_copytuple(tuple);
}

/* Describes a version, by what a dirty snapshot said of it. */
static void
heap_row_describe(Relation rel, HeapVersion *version, HeapTuple tuple, const SnapshotData *dirty)
{
	version->tuple = heap_row_copy(rel, tuple);
	version->inserting = TransactionIdIsValid(dirty->xmin);
	version->holder = version->inserting ? dirty->xmin : dirty->xmax;
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
		heap_row_describe(key->rel, version, &tuple, &dirty);
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
 * Reads the version at tid: t_data of the tuple, or NULL where there is none. Returns its buffer, pinned
 * and locked.
 */
static Buffer
heap_row_read(Relation rel, ItemPointer tid, HeapTuple tuple)
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
	scan = heap_row_begin_scan(key, &dirty);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		heap_row_describe(key->rel, version, tuple, &dirty);
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

/* Finds the version to change of a row: from where it was last seen if possible, else by its key. */
bool
heap_row_look(const HeapKey *key, ItemPointer tid, HeapVersion *version)
{
	return heap_row_revisit(key, tid, version) || heap_row_find(key, version);
}

/* Tells whether a snapshot sees the version at tid, without a predicate lock on it. */
static bool
heap_row_visible(Relation rel, ItemPointer tid, Snapshot snapshot)
{
	HeapTupleData tuple;
	Buffer buffer = heap_row_read(rel, tid, &tuple);
	bool visible = tuple.t_data != NULL && HeapTupleSatisfiesVisibility(&tuple, snapshot, buffer);

	UnlockReleaseBuffer(buffer);
	return visible;
}

/*
 * Returns all rows of a key in their newest committed versions, or this transaction's own.
 *
 * A scan with a snapshot takes predicate locks where the transaction is SERIALIZABLE. There all
 * versions are scanned, and those that the snapshot sees are picked out.
 */
List *
heap_row_list(const HeapKey *key)
{
	bool pick = IsolationIsSerializable();
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	SysScanDesc scan = heap_row_begin_scan(key, pick ? SnapshotAny : snapshot);
	List *rows = NIL;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		if (!pick || heap_row_visible(key->rel, &tuple->t_self, snapshot))
			rows = lappend(rows, heap_row_copy(key->rel, tuple));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return rows;
}

/* What a version is to who looks for all rows of a key. */
typedef enum HeapPresence
{
	HEAP_PRESENT,  /* the snapshot sees it, or it is the newest */
	HEAP_ABSENT,   /* it was never committed, or has gone before the snapshot was taken */
	HEAP_REPLACED, /* it came and went since: what took its place may not have been met */
} HeapPresence;

/* Tells what a version is. *inserter: the other transaction that is making it, or invalid. */
static HeapPresence
heap_row_presence(Relation rel, ItemPointer tid, Snapshot snapshot, TransactionId *inserter)
{
	HeapTupleData tuple;
	SnapshotData dirty;
	Buffer buffer = heap_row_read(rel, tid, &tuple);
	HeapPresence presence = HEAP_ABSENT;

	*inserter = InvalidTransactionId;
	InitDirtySnapshot(dirty);
	if (tuple.t_data != NULL)
	{
		TransactionId xmin = HeapTupleHeaderGetXmin(tuple.t_data);

		if (HeapTupleSatisfiesVisibility(&tuple, snapshot, buffer))
			presence = HEAP_PRESENT;
		else if (HeapTupleSatisfiesVisibility(&tuple, &dirty, buffer))
		{
			presence = HEAP_PRESENT;
			*inserter = dirty.xmin;
		}
		else if (!HeapTupleHeaderXminInvalid(tuple.t_data) &&
				 !TransactionIdIsCurrentTransactionId(xmin) && XidInMVCCSnapshot(xmin, snapshot))
			presence = HEAP_REPLACED;
	}
	UnlockReleaseBuffer(buffer);
	return presence;
}

/* Appends a version that a scan has met to a list, if it is present; false: the scan is to be made again. */
static bool
heap_row_add_present(const HeapKey *key, HeapTuple tuple, Snapshot snapshot, List **versions)
{
	TransactionId inserter;
	HeapPresence presence = heap_row_presence(key->rel, &tuple->t_self, snapshot, &inserter);
	HeapVersion *version;

	if (presence != HEAP_PRESENT)
		return presence == HEAP_ABSENT;
	version = palloc(sizeof(HeapVersion));
	version->tuple = heap_row_copy(key->rel, tuple);
	version->holder = inserter;
	version->inserting = TransactionIdIsValid(inserter);
	*versions = lappend(*versions, version);
	return true;
}

/*
 * Returns all rows of a key, those included that other transactions are inserting, as HeapVersions; a row
 * that is being changed may be there twice. For who keeps others from beginning to insert one.
 *
 * One scan of all versions misses no row. What the snapshot sees cannot be cleaned up, nor lose its entry in the
 * index, while that is registered: the scan meets it even if the row moves meanwhile. A row that nobody sees yet
 * has its entry, since nobody can begin to insert; the scan meets it, or what it was before it moved.
 */
List *
heap_row_list_present(const HeapKey *key)
{
	List *versions;
	bool complete;

	do
	{
		Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
		SysScanDesc scan = heap_row_begin_scan(key, SnapshotAny);
		HeapTuple tuple;

		versions = NIL;
		complete = true;
		while (complete && HeapTupleIsValid(tuple = systable_getnext(scan)))
		{
			CHECK_FOR_INTERRUPTS();
			complete = heap_row_add_present(key, tuple, snapshot, &versions);
		}
		systable_endscan(scan);
		UnregisterSnapshot(snapshot);
	} while (!complete);
	return versions;
}

/*
 * Visits all rows of a table, each in a version that was the newest committed one, or this transaction's own,
 * when it was met. One that moves meanwhile may be met twice or not at all: that is enough for hints, and
 * takes no snapshot and so no predicate lock on the table.
 */
void
heap_row_scan(Relation rel, HeapRowVisitor visit, void *argument)
{
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, SnapshotSelf, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		own_check_row(tuple, RelationGetDescr(rel));
		visit(tuple, argument);
	}
	systable_endscan(scan);
}

/* Returns the rows of a key that other transactions are inserting, as HeapVersions. */
List *
heap_row_list_inserting(const HeapKey *key)
{
	SnapshotData dirty;
	SysScanDesc scan;
	List *versions = NIL;
	HeapTuple tuple;

	InitDirtySnapshot(dirty);
	scan = heap_row_begin_scan(key, &dirty);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		HeapVersion *version;

		CHECK_FOR_INTERRUPTS();
		if (!TransactionIdIsValid(dirty.xmin))
			continue;
		version = palloc(sizeof(HeapVersion));
		heap_row_describe(key->rel, version, tuple, &dirty);
		versions = lappend(versions, version);
	}
	systable_endscan(scan);
	return versions;
}

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
	return !IsolationUsesXactSnapshot() || heap_row_visible(rel, tid, GetTransactionSnapshot());
}

/*
 * Tells what writing the version at tid would meet now. heap_update() itself can only wait; should
 * somebody come between this look and it, it does, which is slower and not wrong.
 */
static HeapWrite
heap_row_peek(Relation rel, ItemPointer tid)
{
	HeapTupleData tuple;
	Buffer buffer = heap_row_read(rel, tid, &tuple);
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
		copy = heap_row_copy(rel, &tuple);
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
