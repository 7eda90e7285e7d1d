/*
 * query_rows.c
 *	  Visits the rows of a query on the extension's own tables, one after another.
 *
 * The query runs as the extension's owner, or as the caller, under the active snapshot. Its rows go from the executor to
 * the visitor and are stored nowhere in between: reports read some hundred thousands of them, and
 * keep a few numbers of each.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "tcop/dest.h"

#include "own.h"
#include "own_query.h"
#include "reports/query_rows.h"

/* What the executor hands rows to. */
typedef struct QueryReceiver
{
	DestReceiver base; /* first */
	QueryVisitor visit;
	void *context;
	MemoryContext memory; /* of who asked */
} QueryReceiver;

/* Hands a row to the visitor, who allocates where the caller did. */
static bool
query_receive(TupleTableSlot *slot, DestReceiver *base)
{
	QueryReceiver *receiver = (QueryReceiver *) base;
	MemoryContext executor = MemoryContextSwitchTo(receiver->memory);

	slot_getallattrs(slot);
	receiver->visit(slot, receiver->context);
	MemoryContextSwitchTo(executor);
	return true;
}

/* Begins: there is nothing to do. */
static void
query_start(DestReceiver *base, int operation, TupleDesc desc)
{
}

/* Ends: there is nothing to do. */
static void
query_end(DestReceiver *base)
{
}

/* Returns a column that cannot be null, of a type that is passed by reference: XX001 when it is null. */
Datum
query_value(const TupleTableSlot *row, int column)
{
	const FormData_pg_attribute *attribute = TupleDescAttr(row->tts_tupleDescriptor, column);

	if (unlikely(row->tts_isnull[column]))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("\"%s\" of extension \"sp71_steering\" is null where it cannot be",
							   NameStr(attribute->attname))));
	return row->tts_values[column];
}

/* Runs a query, whose rows the visitor gets in the memory of who asked. */
static void
query_run(const char *query, QueryVisitor visit, void *context, MemoryContext memory)
{
	QueryReceiver receiver = {.base = {.receiveSlot = query_receive,
									   .rStartup = query_start,
									   .rShutdown = query_end,
									   .rDestroy = query_end,
									   .mydest = DestTuplestore},
							  .visit = visit,
							  .context = context,
							  .memory = memory};
	SPIExecuteOptions options = {.read_only = true, .dest = &receiver.base};
	int result = SPI_execute_extended(query, &options);

	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
}

/* Visits the rows of a query, which names everything in full. */
void
query_visit_rows(const char *query, QueryVisitor visit, void *context)
{
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_query_expect(query);
	query_run(query, visit, context, caller);
	own_spi_end(&spi);
	MemoryContextSwitchTo(caller);
}

/* Visits the rows of a query likewise, but with the rights of the caller and no others. */
void
query_visit_rows_as_caller(const char *query, QueryVisitor visit, void *context)
{
	MemoryContext caller = CurrentMemoryContext;

	SPI_connect();
	query_run(query, visit, context, caller);
	SPI_finish();
	MemoryContextSwitchTo(caller);
}
