/*
 * distributed_rows.c
 *	  Booking the rows of a distributed table on the coordinator; see distributed_rows.h.
 *
 * Nodes that count a filled table cannot all ask for room in one transaction: each would wait for what another holds to the
 * end of it. So the coordinator books all rows, as one booker who asks for what they need in all, and then moves them.
 * They come here once, through a file where they are many. Nobody writes the shards: their triggers are made.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "bookings/apply.h"
#include "bookings/delta.h"
#include "mapping/mapping.h"
#include "own.h"
#include "own_query.h"
#include "rules/rulebook.h"
#include "sources/distributed_rows.h"
#include "sources/distributed_table.h"
#include "types/name_text.h"

#define DISTRIBUTED_ROWS_AT_ONCE 1000

/* The rows, on their way into a batch. */
typedef struct DistributedRows
{
	Relation rel;
	Mapping *mapping;
	DeltaBatch *batch;
	Tuplestorestate *store;
} DistributedRows;

/* Stores a row as the table has it: the result of a query has no columns that were dropped. */
static void
distributed_rows_store(const DistributedRows *rows, HeapTuple tuple, TupleDesc from)
{
	TupleDesc desc = RelationGetDescr(rows->rel);
	Datum *values = palloc0(desc->natts * sizeof(Datum));
	bool *nulls = palloc(desc->natts * sizeof(bool));
	int column = 0;

	for (int i = 0; i < desc->natts; i++)
		if (TupleDescAttr(desc, i)->attisdropped)
			nulls[i] = true;
		else
			values[i] = heap_getattr(tuple, ++column, from, &nulls[i]);
	tuplestore_putvalues(rows->store, desc, values, nulls);
	pfree(values);
	pfree(nulls);
}

/*
 * Fetches the rows from the nodes. Those of shards that stand on this one are read here: as they are now, as other nodes
 * read theirs, and not as they were when the transaction began.
 */
static void
distributed_rows_fetch(const DistributedRows *rows)
{
	const char *query =
		psprintf("SELECT * FROM %s", name_text_of_table(RelationGetRelid(rows->rel)));
	SPIPlanPtr plan;
	Portal portal;
	OwnSpi spi;

	PushActiveSnapshot(GetLatestSnapshot());
	distributed_table_begin(&spi);
	own_query_expect(query);
	plan = SPI_prepare(query, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, DISTRIBUTED_ROWS_AT_ONCE);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
			distributed_rows_store(rows, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	own_spi_end(&spi);
	PopActiveSnapshot();
}

/* Adds the rows to the batch. */
static void
distributed_rows_read(void *argument)
{
	const DistributedRows *rows = argument;
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(rows->rel), &TTSOpsMinimalTuple);

	while (tuplestore_gettupleslot(rows->store, true, false, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		mapping_read(rows->mapping, slot, &row);
		delta_add_read(rows->batch, rows->mapping, &row, 1);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/* Books the rows of a source whose table is distributed, and judges them; as source_table_count() does of other tables. */
void
distributed_rows_book(const Source *source, JudgeWhen when)
{
	DistributedRows rows = {.rel = table_open(source->relid, AccessShareLock)};

	rows.store = tuplestore_begin_heap(false, false, work_mem);
	distributed_rows_fetch(&rows);
	rulebook_enter_booking();
	rows.mapping = mapping_of(rows.rel);
	rows.batch = delta_begin(rows.mapping, CurrentMemoryContext);
	mapping_read_rows(rows.mapping, rows.rel, distributed_rows_read, &rows);
	apply_batch(rows.batch, when);
	delta_end(rows.batch);
	tuplestore_end(rows.store);
	table_close(rows.rel, NoLock);
}
