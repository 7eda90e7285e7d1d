/*
 * pairs_direct.c
 *	  Pairs of a few lines, read without SQL where what they are joined with is found by unique indexes.
 *
 * Most statements touch one line, of which SQL takes longer to start than to run. Here the line is found by its
 * primary key, each joined row by the index that says that it is one, and what stands of the line by the primary key
 * of the booking table. Expressions are evaluated over a row that has the columns of all tables. Whatever is not as
 * plain as that is left to SQL: partitions and children, code that somebody wrote, rights that the owner has lost.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/rel.h"

#include "queries/pairs_direct.h"
#include "queries/query_direct.h"
#include "queries/query_plan.h"

#define PAIRS_DIRECT_ROWS 20 /* lines up to which this is quicker than SQL */

/* A line that was looked at; or what stands of one that is gone. */
typedef struct DirectSeen
{
	Oid relid;
	ItemPointerData tid;
} DirectSeen;

/* Lines on their way. */
typedef struct DirectWork
{
	const BookingQuery *query;
	const QueryDirect *direct;
	Relation *rels; /* by table */
	Relation booking;
	Snapshot snapshot;
	DirectSeen seen[PAIRS_DIRECT_ROWS];
	int seen_count;
} DirectWork;

/* Tells whether the owner may read the tables still, all of their rows. */
static bool
pairs_direct_may_read(const BookingQuery *query, Relation *rels)
{
	Oid owner = booking_query_owner(query);

	for (int i = 0; i < query->tables; i++)
		if (rels[i]->rd_rel->relrowsecurity ||
			pg_class_aclcheck(query->table[i].relid, owner, ACL_SELECT) != ACLCHECK_OK)
			return false;
	return true;
}

/* Finds a row by an index, and copies it; NULL: there is none. */
static HeapTuple
pairs_direct_find(Relation rel, Oid index, Snapshot snapshot, int keys, ScanKey key)
{
	SysScanDesc scan = systable_beginscan(rel, index, true, snapshot, keys, key);
	HeapTuple tuple = systable_getnext(scan);

	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

/* Finds the row of a key that a touched row has; NULL: there is none. */
static HeapTuple
pairs_direct_find_by_key(const DirectWork *work, Relation rel, const DirectKey *by,
						 TupleTableSlot *touched)
{
	ScanKeyData key[INDEX_MAX_KEYS];
	bool isnull;

	for (int i = 0; i < work->query->keys; i++)
	{
		key[i] = by->scan[i];
		key[i].sk_argument = slot_getattr(touched, work->query->key[i].attribute, &isnull);
	}
	return pairs_direct_find(rel, by->index, work->snapshot, work->query->keys, key);
}

/* Finds the row of a joined table that a line refers to; NULL: there is none. */
static HeapTuple
pairs_direct_find_joined(const DirectWork *work, int index)
{
	const QueryBucket *bucket = &work->query->table[index].bucket;
	int column = bucket->line_attribute - 1;
	ScanKeyData key;

	if (work->direct->row->tts_isnull[column])
		return NULL;
	ScanKeyEntryInitialize(&key, 0, bucket->attribute, BTEqualStrategyNumber, exprType(bucket->key),
						   bucket->collation, bucket->equal, work->direct->row->tts_values[column]);
	return pairs_direct_find(work->rels[index], bucket->index, work->snapshot, 1, &key);
}

/* Tells whether the row of all tables counts. */
static bool
pairs_direct_counts(const QueryDirect *direct)
{
	bool isnull;
	Datum counts;

	if (direct->counts == NULL)
		return true;
	counts = ExecEvalExprSwitchContext(direct->counts, direct->econtext, &isnull);
	return !isnull && DatumGetBool(counts);
}

/* Joins a line with all it refers to, and tells whether that counts. */
static bool
pairs_direct_join(const DirectWork *work, HeapTuple line)
{
	TupleTableSlot *row = work->direct->row;

	ExecClearTuple(row);
	memset(row->tts_isnull, true, row->tts_tupleDescriptor->natts * sizeof(bool));
	for (int i = 0; i < work->query->tables; i++)
	{
		HeapTuple tuple = i == 0 ? line : pairs_direct_find_joined(work, i);
		int first = work->direct->first[i];

		if (tuple != NULL)
			heap_deform_tuple(tuple, RelationGetDescr(work->rels[i]), row->tts_values + first,
							  row->tts_isnull + first);
		else if (!work->query->table[i].is_left)
			return false;
	}
	ExecStoreVirtualTuple(row);
	work->direct->econtext->ecxt_scantuple = row;
	return pairs_direct_counts(work->direct);
}

/* Puts what a line comes to into the pair. */
static void
pairs_direct_put_now(const DirectWork *work)
{
	TupleTableSlot *pair = work->direct->pair;
	int place = query_sql_now(work->query);

	for (int i = 0; i < work->query->keys; i++)
	{
		pair->tts_values[i] = work->direct->row->tts_values[work->query->key[i].attribute - 1];
		pair->tts_isnull[i] = false;
	}
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (work->direct->values[column] != NULL)
		{
			pair->tts_values[place] =
				ExecEvalExprSwitchContext(work->direct->values[column], work->direct->econtext,
										  &pair->tts_isnull[place]);
			place++;
		}
}

/* Puts what stands of a line into the pair. */
static void
pairs_direct_put_before(const DirectWork *work, HeapTuple booking, bool has_key)
{
	TupleTableSlot *pair = work->direct->pair;
	TupleDesc desc = RelationGetDescr(work->booking);
	int before = query_sql_before(work->query);

	for (int i = 0; i < query_sql_values(work->query); i++)
		pair->tts_values[before + i] =
			heap_getattr(booking, work->query->keys + i + 1, desc, &pair->tts_isnull[before + i]);
	for (int i = 0; i < work->query->keys && !has_key; i++)
		pair->tts_values[i] = heap_getattr(booking, i + 1, desc, &pair->tts_isnull[i]);
	pair->tts_values[query_sql_tid(work->query)] = PointerGetDatum(&booking->t_self);
	pair->tts_isnull[query_sql_tid(work->query)] = false;
}

/* Tells whether a line was looked at before: a key can be touched twice. */
static bool
pairs_direct_was_seen(DirectWork *work, HeapTuple tuple)
{
	DirectSeen *seen = work->seen;

	for (int i = 0; i < work->seen_count; i++)
		if (seen[i].relid == tuple->t_tableOid && ItemPointerEquals(&seen[i].tid, &tuple->t_self))
			return true;
	Assert(work->seen_count < PAIRS_DIRECT_ROWS);
	seen[work->seen_count].relid = tuple->t_tableOid;
	seen[work->seen_count++].tid = tuple->t_self;
	return false;
}

/* Hands on the pair of one touched row, if there is something now or before. */
static void
pairs_direct_read_one(DirectWork *work, TupleTableSlot *touched, DestReceiver *receiver)
{
	TupleTableSlot *pair = work->direct->pair;
	HeapTuple line = pairs_direct_find_by_key(work, work->rels[0], &work->direct->line, touched);
	HeapTuple booking =
		pairs_direct_find_by_key(work, work->booking, &work->direct->booking, touched);
	bool is_now;

	if (line == NULL && booking == NULL)
		return;
	if (pairs_direct_was_seen(work, line != NULL ? line : booking))
		return;
	is_now = line != NULL && pairs_direct_join(work, line);
	ExecClearTuple(pair);
	memset(pair->tts_isnull, true, pair->tts_tupleDescriptor->natts * sizeof(bool));
	pair->tts_values[query_sql_present(work->query)] = BoolGetDatum(is_now);
	pair->tts_isnull[query_sql_present(work->query)] = false;
	if (is_now)
		pairs_direct_put_now(work);
	if (booking != NULL)
		pairs_direct_put_before(work, booking, is_now);
	ExecStoreVirtualTuple(pair);
	if (is_now || booking != NULL)
		(void) receiver->receiveSlot(pair, receiver);
	ResetExprContext(work->direct->econtext);
}

/* Hands on the pairs of touched rows. */
static void
pairs_direct_read_rows(DirectWork *work, TouchedRows *rows, DestReceiver *receiver)
{
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(work->rels[0]), &TTSOpsMinimalTuple);

	receiver->rStartup(receiver, CMD_SELECT, work->direct->pair->tts_tupleDescriptor);
	tuplestore_select_read_pointer(rows->rows, 0);
	tuplestore_rescan(rows->rows);
	while (tuplestore_gettupleslot(rows->rows, true, false, slot))
		pairs_direct_read_one(work, slot, receiver);
	receiver->rShutdown(receiver);
	ExecDropSingleTupleTableSlot(slot);
}

/* Reads the pairs, with the tables open; false: it is not possible. */
static bool
pairs_direct_read_open(BookingQuery *query, DirectWork *work, TouchedRows *rows,
					   DestReceiver *receiver)
{
	ErrorContextCallback callback;

	work->direct = query_direct_of(query, work->rels, work->booking);
	if (work->direct == NULL || !pairs_direct_may_read(query, work->rels))
		return false;
	query_plan_push_context(&callback, query);
	query->in_use++;
	PG_TRY();
	{
		pairs_direct_read_rows(work, rows, receiver);
	}
	PG_FINALLY();
	{
		query->in_use--;
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
	return true;
}

/*
 * Reads the pairs of lines that were touched without SQL, and hands them on; false: that is not possible. What is
 * handed on is good until the next one.
 */
bool
pairs_direct_read(BookingQuery *query, TouchedRows *rows, Snapshot snapshot, DestReceiver *receiver)
{
	DirectWork work = {query};
	bool is_read;

	if (rows == NULL || rows->relid != booking_query_lines(query) ||
		rows->count > PAIRS_DIRECT_ROWS || query->source_id == 0 || query->has_promise ||
		query->is_foreign || (query->direct != NULL && !query->direct->is_possible))
		return false;
	work.snapshot = snapshot;
	work.rels = palloc(query->tables * sizeof(Relation));
	for (int i = 0; i < query->tables; i++)
		work.rels[i] = table_open(query->table[i].relid, AccessShareLock);
	work.booking = table_open(query->booking_table, AccessShareLock);
	is_read = pairs_direct_read_open(query, &work, rows, receiver);
	table_close(work.booking, NoLock);
	for (int i = 0; i < query->tables; i++)
		table_close(work.rels[i], NoLock);
	return is_read;
}
