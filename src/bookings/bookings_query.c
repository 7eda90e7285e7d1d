/*
 * bookings_query.c
 *	  Rows that might be booked, from a query of the caller's.
 *
 * The query runs as whoever calls, with that role's settings, and leaves nothing behind: it may read but
 * not write, and runs in a subtransaction that is rolled back. So what functions in it set, lock, open or
 * notify is undone, and a function of theirs cannot leave the read-only state either: in a subtransaction
 * PostgreSQL does not allow that.
 *
 * Its columns are, by place: service, participant, booked_on, amount, volume; the last two may be missing,
 * and are zero then. They are of the types that attach() takes, or text, of which most files are made.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "bookings/bookings_query.h"
#include "own.h"

#define BOOKINGS_AT_ONCE 1000
#define BOOKINGS_MIN_COLUMNS 3
#define BOOKINGS_COLUMNS (MAPPING_VOLUME + 1)

static const char *const bookings_columns[BOOKINGS_COLUMNS] = {
	[MAPPING_SERVICE] = "service",     [MAPPING_PARTICIPANT] = "participant",
	[MAPPING_BOOKED_ON] = "booked_on", [MAPPING_AMOUNT] = "amount",
	[MAPPING_VOLUME] = "volume",
};

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
	Oid base_types[BOOKINGS_COLUMNS];
	Oid amount_type;
	int64 number; /* of the present row */
	int column;   /* that is being read, or -1 */
} BookingsQuery;

/* Says at which row an error came. */
static void
bookings_error_callback(void *arg)
{
	const BookingsQuery *run = arg;

	if (run->column >= 0)
		errcontext("row " INT64_FORMAT " of the bookings, column \"%s\"", run->number,
				   bookings_columns[run->column]);
}

/* Tells whether a type is text, or as good as that. */
static bool
bookings_is_text(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING;
}

/* Tells whether a base type serves a column. */
static bool
bookings_takes_type(const BookingsQuery *run, MappingColumn column, Oid type)
{
	if (column == MAPPING_SERVICE || column == MAPPING_PARTICIPANT || bookings_is_text(type))
		return true;
	if (column == MAPPING_BOOKED_ON)
		return type == DATEOID || type == TIMESTAMPOID;
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		   type == run->amount_type;
}

/* Refuses a column whose type does not serve. */
static void
bookings_refuse_type(MappingColumn column, Oid type)
{
	const char *hint = NULL;

	if (type == TIMESTAMPTZOID)
		hint = "The day of a timestamp with time zone depends on a setting; use "
			   "(column AT TIME ZONE 'Europe/Amsterdam').";
	else if (type == FLOAT4OID || type == FLOAT8OID)
		hint = "A floating point number is not exact money; cast it to numeric with the decimals "
			   "that count, e.g. column::numeric(14,2).";
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column %d of the bookings, \"%s\", must be of type %s, not %s",
						   column + 1, bookings_columns[column],
						   column == MAPPING_BOOKED_ON ? "date or timestamp without time zone"
													   : "integer, numeric or steering.amount",
						   format_type_be(type)),
					hint == NULL ? 0 : errhint("%s", hint)));
}

/* Refuses a column that bears the name of another one: amount and volume are easily swapped. */
static void
bookings_check_name(const char *name, MappingColumn column)
{
	for (int i = 0; i < BOOKINGS_COLUMNS; i++)
		if (i != column && strcmp(name, bookings_columns[i]) == 0)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column %d of the bookings must be \"%s\", not \"%s\"",
								   column + 1, bookings_columns[column], name)));
}

/* Checks the columns of the query. */
static void
bookings_check_columns(BookingsQuery *run, TupleDesc desc)
{
	run->desc = desc;
	if (desc->natts < BOOKINGS_MIN_COLUMNS || desc->natts > BOOKINGS_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a query of bookings must have 3 to 5 columns, not %d", desc->natts),
				 errhint("In this order: service, participant, booked_on, amount, volume.")));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		bookings_check_name(NameStr(attribute->attname), i);
		run->base_types[i] = getBaseType(attribute->atttypid);
		if (!bookings_takes_type(run, i, run->base_types[i]))
			bookings_refuse_type(i, attribute->atttypid);
	}
}

/* Prints a value as text. */
static char *
bookings_text(const BookingsQuery *run, MappingColumn column, Datum value)
{
	Oid output;
	bool is_varlena;

	getTypeOutputInfo(run->base_types[column], &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/* Reads a code as attach() does: as an assignment to a column of type text would. */
static text *
bookings_code(const BookingsQuery *run, MappingColumn column, Datum value)
{
	Oid type = run->base_types[column];
	Oid function;

	switch (find_coercion_pathway(TEXTOID, type, COERCION_ASSIGNMENT, &function))
	{
		case COERCION_PATH_RELABELTYPE:
			return DatumGetTextPP(value);
		case COERCION_PATH_FUNC:
			if (get_func_nargs(function) == 1)
				return DatumGetTextPP(OidFunctionCall1Coll(function, DEFAULT_COLLATION_OID, value));
			/* FALLTHROUGH */
		default:
			return cstring_to_text(bookings_text(run, column, value));
	}
}

/* Reads a day. */
static DateADT
bookings_day(const BookingsQuery *run, Datum value)
{
	switch (run->base_types[MAPPING_BOOKED_ON])
	{
		case DATEOID:
			return DatumGetDateADT(value);
		case TIMESTAMPOID:
			return DatumGetDateADT(DirectFunctionCall1(timestamp_date, value));
		default:
			return DatumGetDateADT(
				DirectFunctionCall1(date_in,
									CStringGetDatum(bookings_text(run, MAPPING_BOOKED_ON, value))));
	}
}

/* Reads an amount, rounded as that of a booking is. */
static Amount
bookings_amount(const BookingsQuery *run, MappingColumn column, Datum value)
{
	Oid type = run->base_types[column];

	switch (type)
	{
		case INT2OID:
			return amount_from_int64(DatumGetInt16(value));
		case INT4OID:
			return amount_from_int64(DatumGetInt32(value));
		case INT8OID:
			return amount_from_int64(DatumGetInt64(value));
		case NUMERICOID:
			return amount_from_numeric(value);
		default:
			if (type == run->amount_type)
				return DatumGetAmount(value);
			return amount_from_numeric(
				DirectFunctionCall3(numeric_in, CStringGetDatum(bookings_text(run, column, value)),
									ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	}
}

/* Reads one column of a row. Null amounts are zero, as those of bookings. */
static void
bookings_read_column(const BookingsQuery *run, MappingColumn column, Datum value, MappedRow *row)
{
	switch (column)
	{
		case MAPPING_SERVICE:
			row->service = bookings_code(run, column, value);
			break;
		case MAPPING_PARTICIPANT:
			row->participant = bookings_code(run, column, value);
			break;
		case MAPPING_BOOKED_ON:
			row->has_date = true;
			row->booked_on = bookings_day(run, value);
			break;
		case MAPPING_AMOUNT:
			row->amount = bookings_amount(run, column, value);
			break;
		default:
			row->volume = bookings_amount(run, column, value);
			break;
	}
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
			bookings_read_column(run, i, value, &row);
	}
	run->column = -1;
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
	bookings_check_columns(run, portal->tupDesc);
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
						 .amount_type = own_amount_type(),
						 .column = -1};
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
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
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(run.caller);
	CurrentResourceOwner = owner;
}
