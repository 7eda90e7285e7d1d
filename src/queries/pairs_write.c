/*
 * pairs_write.c
 *	  Making the booking table of a query equal to what rows come to now, and booking the difference.
 *
 * Rows of the booking table are written without SQL, so that no trigger fires there, and the difference goes to the
 * batch of the running statement as that of any other booking does (bookings/book.c). Its judge sees the net of all
 * that the statement does.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "bookings/apply.h"
#include "bookings/statement.h"
#include "ledger/heap_bulk.h"
#include "ledger/heap_index.h"
#include "ledger/heap_row_write.h"
#include "mapping/mapping.h"
#include "queries/pairs_write.h"
#include "queries/query_sql.h"

#define PAIRS_FEW 20 /* rows up to which it is quicker to insert them one by one */

/* Rows on their way into the booking table. */
typedef struct PairWork
{
	const BookingQuery *query;
	Relation rel; /* the booking table */
	const DifferingPairs *pairs;
	TupleTableSlot *pair;
	TupleTableSlot *row; /* of the booking table */
	DeltaBatch *batch;
	HeapBulk *bulk; /* NULL: there are few rows */
} PairWork;

/* Makes a row of the booking table of a pair: its key, and the values that begin at a column of the pair. */
static void
pairs_write_form(PairWork *work, int first)
{
	TupleTableSlot *row = work->row;
	int count = work->query->keys;

	ExecClearTuple(row);
	memset(row->tts_isnull, true, row->tts_tupleDescriptor->natts * sizeof(bool));
	for (int i = 0; i < count; i++)
	{
		row->tts_values[i] = work->pair->tts_values[i];
		row->tts_isnull[i] = work->pair->tts_isnull[i];
	}
	for (int i = 0; i < query_sql_values(work->query); i++)
	{
		row->tts_values[count + i] = work->pair->tts_values[first + i];
		row->tts_isnull[count + i] = work->pair->tts_isnull[first + i];
	}
	ExecStoreVirtualTuple(row);
}

/* Fetches the next pair; false: there is none. */
static bool
pairs_write_next(PairWork *work)
{
	CHECK_FOR_INTERRUPTS();
	if (!tuplestore_gettupleslot(work->pairs->rows, true, false, work->pair))
		return false;
	slot_getallattrs(work->pair);
	return true;
}

/* Books what the pairs differ in. */
static void
pairs_write_book(void *argument)
{
	PairWork *work = argument;

	while (pairs_write_next(work))
	{
		if (!work->pair->tts_isnull[query_sql_tid(work->query)])
		{
			pairs_write_form(work, query_sql_before(work->query));
			delta_add_slot(work->batch, work->row, -1);
		}
		if (DatumGetBool(work->pair->tts_values[query_sql_present(work->query)]))
		{
			pairs_write_form(work, query_sql_now(work->query));
			delta_add_slot(work->batch, work->row, 1);
		}
	}
}

/* Raises where a row of the booking table was not written: somebody else has changed it, unseen by this transaction. */
static void
pairs_write_check_written(TM_Result result)
{
	if (result != TM_Ok)
		heap_row_serialization_failure();
}

/* Deletes the row of a pair from the booking table. */
static void
pairs_write_delete(PairWork *work, ItemPointer tid, Snapshot crosscheck)
{
	TM_FailureData failure;

	pairs_write_check_written(
		heap_delete(work->rel, tid, GetCurrentCommandId(true), crosscheck, true, &failure, false));
}

/* Updates the row of a pair in the booking table. */
static void
pairs_write_update(PairWork *work, ItemPointer tid, HeapTuple tuple, Snapshot crosscheck)
{
	TU_UpdateIndexes update_indexes;
	LockTupleMode lockmode;
	TM_FailureData failure;

	pairs_write_check_written(heap_update_row(work->rel, tid, tuple, GetCurrentCommandId(true),
											  crosscheck, true, &failure, &lockmode,
											  &update_indexes));
	if (update_indexes != TU_None)
		heap_index_insert(work->rel, tuple, true);
}

/* Writes one pair. */
static void
pairs_write_one(PairWork *work, Snapshot crosscheck)
{
	int tid = query_sql_tid(work->query);
	bool is_before = !work->pair->tts_isnull[tid];
	ItemPointer place = (ItemPointer) DatumGetPointer(work->pair->tts_values[tid]);
	HeapTuple tuple;

	if (!DatumGetBool(work->pair->tts_values[query_sql_present(work->query)]))
	{
		pairs_write_delete(work, place, crosscheck);
		return;
	}
	pairs_write_form(work, query_sql_now(work->query));
	tuple =
		heap_form_tuple(RelationGetDescr(work->rel), work->row->tts_values, work->row->tts_isnull);
	if (is_before)
		pairs_write_update(work, place, tuple, crosscheck);
	else if (work->bulk != NULL)
		heap_bulk_insert(work->bulk, tuple);
	else
		heap_row_insert(work->rel, tuple);
	heap_freetuple(tuple);
}

/* Makes the booking table what the pairs say. */
static void
pairs_write_rows(PairWork *work)
{
	Snapshot crosscheck = InvalidSnapshot;

	if (IsolationUsesXactSnapshot())
		crosscheck = RegisterSnapshot(GetTransactionSnapshot());
	if (work->pairs->count > PAIRS_FEW)
		work->bulk = heap_bulk_begin(work->rel);
	tuplestore_rescan(work->pairs->rows);
	while (pairs_write_next(work))
		pairs_write_one(work, crosscheck);
	if (work->bulk != NULL)
		heap_bulk_end(work->bulk);
	if (crosscheck != InvalidSnapshot)
		UnregisterSnapshot(crosscheck);
	CommandCounterIncrement();
}

/* Begins a batch for what pairs differ in. */
static DeltaBatch *
pairs_write_begin_batch(Mapping *mapping, PairsBooking booking)
{
	if (booking == PAIRS_OF_STATEMENT)
		return statement_begin(mapping);
	return delta_begin(mapping, CurrentMemoryContext);
}

/* Hands on what was booked: to the end of the statement, as the triggers of other sources do, or at once. */
static void
pairs_write_end_batch(DeltaBatch *batch, PairsBooking booking)
{
	static const JudgeWhen when[] = {
		[PAIRS_OF_TRUNCATE] = JUDGE_AT_COMMIT,
		[PAIRS_OF_COMMAND] = JUDGE_NOW,
		[PAIRS_ACCEPTED] = JUDGE_ACCEPTING,
	};

	if (booking != PAIRS_OF_STATEMENT)
	{
		apply_batch(batch, when[booking]);
		delta_end(batch);
	}
	else if (apply_in_memory(batch))
		statement_end(batch);
	else
		statement_queue();
}

/* Writes pairs that differ, and books them. Where they are booked the caller has entered the rulebook. */
void
pairs_write(const DifferingPairs *pairs, PairsBooking booking)
{
	const BookingQuery *query = pairs->query;
	PairWork work = {query, table_open(query->booking_table, RowExclusiveLock), pairs};

	work.pair = MakeSingleTupleTableSlot(pairs->desc, &TTSOpsMinimalTuple);
	work.row = MakeSingleTupleTableSlot(RelationGetDescr(work.rel), &TTSOpsVirtual);
	if (booking != PAIRS_UNBOOKED)
	{
		Mapping *mapping = mapping_of(work.rel);

		work.batch = pairs_write_begin_batch(mapping, booking);
		mapping_read_rows(mapping, work.rel, pairs_write_book, &work);
	}
	pairs_write_rows(&work);
	if (booking != PAIRS_UNBOOKED)
		pairs_write_end_batch(work.batch, booking);
	ExecDropSingleTupleTableSlot(work.pair);
	ExecDropSingleTupleTableSlot(work.row);
	table_close(work.rel, NoLock);
}
