/*
 * bookings_query.c
 *	  Rows that might be booked, from a query of the caller's.
 *
 * The query runs as whoever calls, with that role's settings, and leaves nothing behind: it may read but not
 * write, and runs in a subtransaction that is rolled back. So what functions in it set, lock, open or notify
 * is undone. Nor can a function leave the read-only state: in a subtransaction PostgreSQL does not allow
 * that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "bookings/bookings_column.h"
#include "bookings/bookings_query.h"
#include "mapping/expression.h"

#define BOOKINGS_AT_ONCE 1000

/* One run of a query. */
typedef struct BookingsQuery
{
	const char *query;
	int nargs;
	Oid *types;
	Datum *values;
	BookingsReceiver receive;
	void *receiver;
	MemoryContext caller; /* what the receiver is called in */
	MemoryContext row;    /* of the present row */
	TupleDesc desc;
	BookingsColumns columns;
	int64 number; /* of the present row */
	int column;   /* that is being read, or -1 */
} BookingsQuery;

/* Says at which row an error came. */
static void
bookings_error_callback(void *arg)
{
	const BookingsQuery *run = arg;

	if (run->column >= 0)
		errcontext("row %lld of the bookings, column \"%s\"", (long long) run->number,
				   expression_argument(bookings_column_mapping(run->column)));
}

/* Reads a row and hands it to the receiver. */
static void
bookings_receive(BookingsQuery *run, HeapTuple tuple)
{
	MappedRow row = {.counts = true};
	MemoryContext caller = MemoryContextSwitchTo(run->row);

	run->number++;
	for (int i = 0; i < run->desc->natts; i++)
	{
		bool isnull;
		Datum value = SPI_getbinval(tuple, run->desc, i + 1, &isnull);

		run->column = i;
		if (!isnull)
			bookings_column_read(&run->columns, i, value, &row);
	}
	run->column = -1;
	/* The receiver may fail as well; then it is not about a column. */
	MemoryContextSwitchTo(run->caller);
	run->receive(run->receiver, &row, run->number);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(run->row);
}

/* Receives some rows; false: there were no more. */
static bool
bookings_fetch(BookingsQuery *run, Portal portal)
{
	ErrorContextCallback callback = {error_context_stack, bookings_error_callback, run};
	SPITupleTable *table;
	uint64 count;

	SPI_cursor_fetch(portal, true, BOOKINGS_AT_ONCE);
	table = SPI_tuptable;
	count = SPI_processed;
	/* Only from here on: errors of the query itself are no errors of a row. */
	error_context_stack = &callback;
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		bookings_receive(run, table->vals[i]);
	}
	error_context_stack = callback.previous;
	SPI_freetuptable(table);
	return count > 0;
}

/* Runs the query and receives its rows. */
static void
bookings_read(BookingsQuery *run)
{
	Portal portal;
	SPIPlanPtr plan;

	SPI_connect();
	plan = SPI_prepare(run->query, run->nargs, run->types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (!SPI_is_cursor_plan(plan))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bookings must be one query that gives rows: %s", run->query)));
	portal = SPI_cursor_open(NULL, plan, run->values, NULL, false);
	run->desc = portal->tupDesc;
	bookings_columns_check(&run->columns, run->desc);
	run->row = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering row of a query",
									 ALLOCSET_DEFAULT_SIZES);
	while (bookings_fetch(run, portal))
		CHECK_FOR_INTERRUPTS();
	SPI_cursor_close(portal);
	SPI_finish();
}

/*
 * Runs a query and hands each row to a receiver, which is called in the caller's memory and must keep
 * there what it wants to keep. Raises what the query raises, 22023 where it is none, 42804 where its columns
 * do not serve, and 25006 where it writes.
 */
void
bookings_query_run(const char *query, int nargs, Oid *types, Datum *values,
				   BookingsReceiver receive, void *context)
{
	BookingsQuery run = {.query = query,
						 .nargs = nargs,
						 .types = types,
						 .values = values,
						 .receive = receive,
						 .receiver = context,
						 .caller = CurrentMemoryContext,
						 .column = -1};
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		/* The end of the subtransaction brings the setting back. */
		XactReadOnly = true;
		bookings_read(&run);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(run.caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(run.caller);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();

	/* The same without an error: nothing of what functions in the query did may last. */
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(run.caller);
	CurrentResourceOwner = owner;
}
