/*
 * query_lock.c
 *	  The locks by which who changes a table of a query does not miss what others change of it; see query_lock.h.
 *
 * They are taken outside of what is run for a query, which may be undone, and stay to the end of the transaction: of
 * one statement rows before buckets, and each in an order that is the same for all.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "queries/query_lock.h"
#include "queries/query_lock_list.h"
#include "sources/source_tree.h"

/* Locks all tables of a query with their partitions and children, and returns them. */
List *
query_lock_tables(const BookingQuery *query, LOCKMODE lockmode)
{
	List *tables = NIL;

	for (int i = 0; i < query->tables; i++)
	{
		Relation rel = relation_open(query->table[i].relid, lockmode);

		relation_close(rel, NoLock);
		tables = list_concat_unique_oid(tables, source_tree_list(query->table[i].relid, lockmode));
	}
	return tables;
}

/*
 * Locks the last version of a row that is in this table still, waiting for whoever is changing it. Returns TM_Deleted or
 * TM_Updated where there is none: it is gone, or has moved to another partition. That is no error, as it would be if
 * PostgreSQL looked for the last version.
 */
static TM_Result
query_lock_last_version(QueryLocks *locks, Relation rel, ItemPointerData tid, TupleTableSlot *slot)
{
	TM_FailureData failure;
	TM_Result result;

	for (;;)
	{
		result = table_tuple_lock(rel, &tid, GetActiveSnapshot(), slot, GetCurrentCommandId(false),
								  LockTupleNoKeyExclusive, LockWaitBlock, 0, &failure);
		locks->look_again |= result == TM_Updated || result == TM_Deleted;
		if (result != TM_Updated || ItemPointerIndicatesMovedPartitions(&failure.ctid))
			return result;
		tid = failure.ctid;
	}
}

/*
 * Locks a row of a header to the end of the transaction. Who changes it waits then, and whoever has changed it since
 * it was found has been waited for: then it is to be looked again.
 */
static void
query_lock_row(QueryLocks *locks, const QueryLockKey *key)
{
	Relation rel = table_open(key->relid, RowShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TM_Result result = query_lock_last_version(locks, rel, key->tid, slot);

	if (result == TM_Invisible)
		elog(ERROR, "unexpected result %d of table_tuple_lock on \"%s\"", (int) result,
			 RelationGetRelationName(rel));
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, NoLock);
}

/* Tells whether a lookup stands behind another, so that what refers to it was read of a row that is not locked. */
static bool
query_lock_is_behind(const BookingQuery *query, int index)
{
	Bitmapset *before = pull_varnos(NULL, query->table[index].condition);
	int position = 0;

	while ((position = bms_next_member(before, position)) >= 0)
		if (position > 1 && position != index + 1 && !query->table[position - 1].is_header)
			return true;
	return false;
}

/* Tells whether any lookup of a query stands behind another. */
static bool
query_lock_has_behind(const BookingQuery *query)
{
	for (int i = 1; i < query->tables; i++)
		if (query_lock_is_behind(query, i))
			return true;
	return false;
}

/*
 * Locks a bucket to the end of the transaction. Who takes it alone since a header was not there looks again. So does who
 * takes one that was not held where a lookup stands behind another: before it was ours, what the row refers to may have
 * changed, and that what it referred to is held since an earlier statement tells nothing of what it refers to now.
 */
static void
query_lock_bucket(QueryLocks *locks, const QueryLockKey *key)
{
	const QueryTable *table = &locks->query->table[key->index];
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, table->relid, 1 + key->hash);
	if (LockAcquire(&tag, key->lockmode, false, false) == LOCKACQUIRE_ALREADY_HELD)
		return;
	if (key->lockmode == ExclusiveLock || query_lock_has_behind(locks->query))
		locks->look_again = true;
}

/* Takes the locks that were found. */
static void
query_lock_take(QueryLocks *locks)
{
	int count;
	QueryLockKey *keys = query_lock_list_sort(locks, &count);

	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(keys[i].relid))
			query_lock_row(locks, &keys[i]);
		else
			query_lock_bucket(locks, &keys[i]);
	}
}

/* Finds what the touched rows are joined with, by the latest snapshot, and locks it. Returns whether to look again. */
static bool
query_lock_others(BookingQuery *query, TouchedRows *rows)
{
	QueryLocks *locks = query_lock_list_begin(query, rows->index);
	Snapshot snapshot;

	CommandCounterIncrement();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	query_lock_list_others(locks, query, rows, snapshot);
	PushActiveSnapshot(snapshot);
	query_lock_take(locks);
	PopActiveSnapshot();
	UnregisterSnapshot(snapshot);
	hash_destroy(locks->keys);
	return locks->look_again;
}

/* Locks the buckets of the touched rows themselves, by each place of their table. */
static void
query_lock_own(BookingQuery *query, List *touched)
{
	QueryLocks *locks = NULL;
	ListCell *cell;

	foreach(cell, touched)
	{
		TouchedRows *rows = lfirst(cell);

		if (query->table[rows->index].is_header && !rows->has_new_keys)
			continue;
		if (locks == NULL)
			locks = query_lock_list_begin(query, rows->index);
		query_lock_list_own(locks, rows);
	}
	if (locks == NULL)
		return;
	query_lock_take(locks);
	hash_destroy(locks->keys);
}

/*
 * Takes the locks that who has touched rows of a table of a query needs before it reads what they come to. May wait
 * for who changes another table of the same lines. touched: of TouchedRows, one for each place of the table.
 */
void
query_lock_touched(BookingQuery *query, List *touched)
{
	bool is_joined = ((TouchedRows *) linitial(touched))->index > 0;
	ListCell *cell;

	if (is_joined)
		query_lock_own(query, touched);
	/* There may be no others. */
	if (query->tables == (is_joined ? 2 : 1))
		return;
	foreach(cell, touched)
		while (query_lock_others(query, lfirst(cell)))
			CHECK_FOR_INTERRUPTS();
}
