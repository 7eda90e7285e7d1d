/*
 * heap_row_list.c
 *	  All rows of a key, or of a table: as the latest snapshot has them, with those that others are inserting, or
 *	  these alone.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/heap_row_list.h"
#include "own_shape.h"

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
	SysScanDesc scan = heap_version_begin_scan(key, pick ? SnapshotAny : snapshot);
	List *rows = NIL;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		if (!pick || heap_version_visible(key->rel, &tuple->t_self, snapshot))
			rows = lappend(rows, heap_version_copy(key->rel, tuple));
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
	Buffer buffer = heap_version_read(rel, tid, &tuple);
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
	version->tuple = heap_version_copy(key->rel, tuple);
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
		SysScanDesc scan = heap_version_begin_scan(key, SnapshotAny);
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

/* Returns the rows of a key that other transactions are inserting, as HeapVersions. */
List *
heap_row_list_inserting(const HeapKey *key)
{
	SnapshotData dirty;
	SysScanDesc scan;
	List *versions = NIL;
	HeapTuple tuple;

	InitDirtySnapshot(dirty);
	scan = heap_version_begin_scan(key, &dirty);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		HeapVersion *version;

		CHECK_FOR_INTERRUPTS();
		if (!TransactionIdIsValid(dirty.xmin))
			continue;
		version = palloc(sizeof(HeapVersion));
		heap_version_describe(key->rel, version, tuple, &dirty);
		versions = lappend(versions, version);
	}
	systable_endscan(scan);
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
