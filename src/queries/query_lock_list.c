/*
 * query_lock_list.c
 *	  What is to be locked for rows of a query that were touched: found by SQL, or of a few lines by columns of theirs.
 *
 * Each once, in an order that is the same for all: rows before buckets, then by table and by the hash of what refers to
 * the row. It lives in the caller's memory.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/rel.h"

#include "queries/query_lock_list.h"
#include "queries/query_locks_sql.h"
#include "queries/query_plan.h"

#define QUERY_BUCKETS 64
#define QUERY_DIRECT 20 /* lines up to which it is quicker to find their headers one by one */

/*
 * Notes that a row is to be locked, for the first place of its table: so that it is met in one order whatever place it is
 * found by.
 */
static void
query_lock_list_add_row(QueryLocks *locks, int index, uint32 hash, Oid relid, ItemPointer tid)
{
	QueryLockKey key;

	memset(&key, 0, sizeof(key));
	key.index = locks->query->table[index].first;
	key.hash = hash;
	key.relid = relid;
	ItemPointerCopy(tid, &key.tid);
	(void) hash_search(locks->keys, &key, HASH_ENTER, NULL);
}

/* Notes that a bucket is to be locked, likewise. */
static void
query_lock_list_add_bucket(QueryLocks *locks, int index, uint32 hash, LOCKMODE lockmode)
{
	QueryLockKey key;

	memset(&key, 0, sizeof(key));
	key.index = locks->query->table[index].first;
	key.hash = hash % QUERY_BUCKETS;
	key.lockmode = lockmode;
	(void) hash_search(locks->keys, &key, HASH_ENTER, NULL);
}

/* Returns the hash of a value that refers to rows of a table, or is what is referred to. */
static uint32
query_lock_list_hash(const QueryBucket *bucket, Oid function, Datum value)
{
	return DatumGetUInt32(OidFunctionCall1Coll(function, bucket->collation, value));
}

/*
 * Notes what is to be locked of one table: the row of a header that is there, else its bucket alone; of a lookup a
 * share of its bucket. What refers to nothing needs no lock. Returns the next column.
 */
static int
query_lock_list_add(QueryLocks *locks, int index, TupleTableSlot *slot, int column)
{
	const QueryTable *table = &locks->query->table[index];
	bool locks_rows = query_locks_sql_has_rows(locks->query, locks->touched, index);
	int row = column;
	uint32 hash = 0;
	bool refers = true;

	column += locks_rows ? 2 : 0;
	if (table->bucket.key != NULL)
	{
		refers = !slot->tts_isnull[column];
		if (refers)
			hash = query_lock_list_hash(&table->bucket, table->bucket.key_hash,
										slot->tts_values[column]);
		column++;
	}
	if (locks_rows && !slot->tts_isnull[row])
		query_lock_list_add_row(locks, index, hash, DatumGetObjectId(slot->tts_values[row]),
								(ItemPointer) DatumGetPointer(slot->tts_values[row + 1]));
	else if (refers)
		query_lock_list_add_bucket(locks, index, hash, locks_rows ? ExclusiveLock : ShareLock);
	return column;
}

/* Receives what a row of the first table was joined with. */
static bool
query_lock_list_receive(TupleTableSlot *slot, DestReceiver *receiver)
{
	QueryLocks *locks = (QueryLocks *) receiver;
	MemoryContext caller = MemoryContextSwitchTo(locks->context);
	int column = 1;

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	for (int i = 1; i < locks->query->tables; i++)
	{
		/* Of a header that a lookup does not lock, what refers to it is read all the same. */
		if (i != locks->touched)
			column = query_lock_list_add(locks, i, slot, column);
	}
	MemoryContextSwitchTo(caller);
	return true;
}

/* Begins to receive. */
static void
query_lock_list_startup(DestReceiver *receiver, int operation, TupleDesc desc)
{
}

/* Ends to receive. */
static void
query_lock_list_shutdown(DestReceiver *receiver)
{
}

/* Prepares to find what is to be locked. */
QueryLocks *
query_lock_list_begin(const BookingQuery *query, int touched)
{
	QueryLocks *locks = palloc0(sizeof(QueryLocks));
	HASHCTL control = {.keysize = sizeof(QueryLockKey), .entrysize = sizeof(QueryLockKey)};

	control.hcxt = CurrentMemoryContext;
	locks->receiver.receiveSlot = query_lock_list_receive;
	locks->receiver.rStartup = query_lock_list_startup;
	locks->receiver.rShutdown = query_lock_list_shutdown;
	locks->receiver.rDestroy = query_lock_list_shutdown;
	locks->receiver.mydest = DestNone;
	locks->query = query;
	locks->touched = touched;
	locks->context = CurrentMemoryContext;
	locks->keys = hash_create("sp71_steering locks of a query", 16, &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return locks;
}

/* Orders what is to be locked: rows before buckets, then by table, hash and place. */
static int
query_lock_list_compare(const void *a, const void *b)
{
	const QueryLockKey *left = a;
	const QueryLockKey *right = b;

	if (OidIsValid(left->relid) != OidIsValid(right->relid))
		return OidIsValid(left->relid) ? -1 : 1;
	if (left->index != right->index)
		return left->index < right->index ? -1 : 1;
	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	/* A bucket that is wanted both ways is taken alone first. */
	if (left->lockmode != right->lockmode)
		return left->lockmode > right->lockmode ? -1 : 1;
	if (left->relid != right->relid)
		return left->relid < right->relid ? -1 : 1;
	return ItemPointerCompare(unconstify(ItemPointerData *, &left->tid),
							  unconstify(ItemPointerData *, &right->tid));
}

/* Returns what is to be locked, in order, and how much that is. */
QueryLockKey *
query_lock_list_sort(const QueryLocks *locks, int *count)
{
	QueryLockKey *keys = palloc((hash_get_num_entries(locks->keys) + 1) * sizeof(QueryLockKey));
	HASH_SEQ_STATUS status;
	QueryLockKey *key;

	*count = 0;
	hash_seq_init(&status, locks->keys);
	while ((key = hash_seq_search(&status)) != NULL)
		keys[(*count)++] = *key;
	qsort(keys, *count, sizeof(QueryLockKey), query_lock_list_compare);
	return keys;
}

/* Tells whether what a few lines are joined with is found by columns of theirs, without SQL. */
static bool
query_lock_list_is_direct(const BookingQuery *query, int touched, const TouchedRows *rows)
{
	if (touched > 0 || rows->count > QUERY_DIRECT)
		return false;
	for (int i = 1; i < query->tables; i++)
	{
		const QueryBucket *bucket = &query->table[i].bucket;

		if (bucket->line_attribute == InvalidAttrNumber ||
			(query->table[i].is_header && !OidIsValid(bucket->index)))
			return false;
	}
	return true;
}

/* Finds the row of a header by what a line refers to it with; false: it is not there. */
static bool
query_lock_list_find_row(const QueryTable *table, Oid type, Datum value, Snapshot snapshot,
						 ItemPointer tid)
{
	const QueryBucket *bucket = &table->bucket;
	Relation rel = table_open(table->relid, RowShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyEntryInitialize(&key, 0, bucket->attribute, BTEqualStrategyNumber, type,
						   bucket->collation, bucket->equal, value);
	scan = systable_beginscan(rel, bucket->index, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		*tid = tuple->t_self;
	systable_endscan(scan);
	table_close(rel, NoLock);
	return HeapTupleIsValid(tuple);
}

/* Notes what is to be locked of one table for one line. */
static void
query_lock_list_add_direct(QueryLocks *locks, int index, TupleTableSlot *line, Snapshot snapshot)
{
	const QueryTable *table = &locks->query->table[index];
	const QueryBucket *bucket = &table->bucket;
	ItemPointerData tid;
	bool isnull;
	Datum value = slot_getattr(line, bucket->line_attribute, &isnull);
	uint32 hash;

	if (isnull)
		return;
	hash = query_lock_list_hash(bucket, bucket->key_hash, value);
	if (!table->is_header)
		query_lock_list_add_bucket(locks, index, hash, ShareLock);
	else if (query_lock_list_find_row(table, exprType(bucket->key), value, snapshot, &tid))
		query_lock_list_add_row(locks, index, hash, table->relid, &tid);
	else
		query_lock_list_add_bucket(locks, index, hash, ExclusiveLock);
}

/* Finds what lines are joined with by columns of theirs. */
static void
query_lock_list_find_direct(QueryLocks *locks, TouchedRows *rows, Snapshot snapshot)
{
	Relation rel = table_open(rows->relid, NoLock);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);

	tuplestore_select_read_pointer(rows->rows, 0);
	tuplestore_rescan(rows->rows);
	while (tuplestore_gettupleslot(rows->rows, true, false, slot))
		for (int i = 1; i < locks->query->tables; i++)
			query_lock_list_add_direct(locks, i, slot, snapshot);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, NoLock);
}

/* Notes the buckets of the touched rows themselves: of a lookup alone, of a header a share. */
void
query_lock_list_own(QueryLocks *locks, TouchedRows *rows)
{
	const QueryTable *table = &locks->query->table[rows->index];
	LOCKMODE lockmode = table->is_header ? ShareLock : ExclusiveLock;
	Relation rel = table_open(table->relid, NoLock);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);

	tuplestore_select_read_pointer(rows->rows, 0);
	tuplestore_rescan(rows->rows);
	while (tuplestore_gettupleslot(rows->rows, true, false, slot))
	{
		bool isnull = false;
		Datum value = 0;
		uint32 hash = 0;

		CHECK_FOR_INTERRUPTS();
		if (table->bucket.key != NULL)
			value = slot_getattr(slot, table->bucket.attribute, &isnull);
		if (!isnull && table->bucket.key != NULL)
			hash = query_lock_list_hash(&table->bucket, table->bucket.own_hash, value);
		if (!isnull)
			query_lock_list_add_bucket(locks, rows->index, hash, lockmode);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, NoLock);
}

/* Notes what the touched rows are joined with, as a snapshot has it. */
void
query_lock_list_others(QueryLocks *locks, BookingQuery *query, TouchedRows *rows, Snapshot snapshot)
{
	QueryRun run = {query, QUERY_LOCKS, locks->touched, rows, snapshot, &locks->receiver};

	if (query_lock_list_is_direct(query, locks->touched, rows))
		query_lock_list_find_direct(locks, rows, snapshot);
	else
		query_plan_run(&run);
}
