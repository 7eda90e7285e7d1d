/*
 * query_rows.c
 *	  Visits the rows of a query on the extension's own tables, one after another.
 *
 * The query runs as the extension's owner under the active snapshot. Its rows go from the executor to
 * the visitor and are stored nowhere in between: reports read some hundred thousands of them, and
 * keep a few numbers of each.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "tcop/dest.h"

#include "own.h"
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

/* Visits the rows of a query, which names everything in full. */
void
query_visit_rows(const char *query, QueryVisitor visit, void *context)
{
	MemoryContext caller = CurrentMemoryContext;
	QueryReceiver receiver = {.base = {.receiveSlot = query_receive,
									   .rStartup = query_start,
									   .rShutdown = query_end,
									   .rDestroy = query_end,
									   .mydest = DestTuplestore},
							  .visit = visit,
							  .context = context,
							  .memory = caller};
	SPIExecuteOptions options = {.read_only = true, .dest = &receiver.base};
	OwnSpi spi;
	int result;

	own_spi_begin(&spi);
	result = SPI_execute_extended(query, &options);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
	own_spi_end(&spi);
	MemoryContextSwitchTo(caller);
}
