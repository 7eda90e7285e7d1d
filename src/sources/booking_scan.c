/*
 * booking_scan.c
 *	  booking_scan() and booking_read(): read the bookings back from the rows of the finance tables.
 *
 * Rows, registers and the list of tables are all read under the active snapshot, so that the result
 * can be compared with counters that the same query reads. Sources of which the role may read nothing
 * are not touched: no lock is taken, and no mapping evaluated. The result is in a tuplestore, which
 * goes to disk when work_mem is full.
 *
 * To booking_scan() a source that cannot be read is an error. booking_read() makes an attempt at each
 * (attempt.h): one that fails leaves no bookings in the result, but a row that stands for it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "mapping/attempt.h"
#include "mapping/foreign_code.h"
#include "rules/message.h"
#include "sources/booking_registers.h"
#include "sources/recount_ahead.h"
#include "sources/source_rows.h"

/* The arguments of the functions. */
enum
{
	SCAN_FIRST_DAY,
	SCAN_END_DAY,
	SCAN_SOURCE,
	SCAN_REFUSE_UNKNOWN /* of booking_scan() */
};

/* Columns of the result. */
enum
{
	BOOKING_SOURCE,
	BOOKING_SERVICE,
	BOOKING_PARTICIPANT,
	BOOKING_BOOKED_ON,
	BOOKING_AMOUNT,
	BOOKING_VOLUME,
	BOOKING_UNREADABLE, /* of booking_read() */
	BOOKING_COLUMNS
};

/* Rows of the result that are to go: those of a source that could not be read to its end. */
typedef struct BookingGap
{
	int64 first;
	int64 end;
} BookingGap;

/* One call of a function. */
typedef struct BookingScan
{
	ReturnSetInfo *result;
	int64 count; /* of rows put out */
	List *gaps;  /* of BookingGap, in order */
	BookingRegisters *registers;
	BookingLookup lookup; /* in these */
	const Source *source; /* that is being read */
	DateADT first_day;
	DateADT end_day;
	bool is_bounded; /* by either day: rows without a day are out */
	bool refuse_unknown;
} BookingScan;

/* Puts one booking out; NULL: it is a row that is ignored. */
static void
booking_scan_put(BookingScan *scan, const Source *source, const MappedRow *row,
				 const Booking *booking)
{
	Datum values[BOOKING_COLUMNS];
	bool nulls[BOOKING_COLUMNS] = {false};

	values[BOOKING_SOURCE] = Int32GetDatum(source->source_id);
	values[BOOKING_SERVICE] = Int32GetDatum(booking == NULL ? 0 : booking->service->id);
	values[BOOKING_PARTICIPANT] = Int32GetDatum(booking == NULL ? 0 : booking->participant->id);
	values[BOOKING_BOOKED_ON] = DateADTGetDatum(row->booked_on);
	nulls[BOOKING_BOOKED_ON] = !row->has_date || DATE_NOT_FINITE(row->booked_on);
	values[BOOKING_AMOUNT] = AmountGetDatum(row->amount);
	values[BOOKING_VOLUME] = AmountGetDatum(row->volume);
	values[BOOKING_UNREADABLE] = BoolGetDatum(false);
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, values, nulls);
	scan->count++;
}

/* Puts a row out that stands for a source which cannot be read. */
static void
booking_scan_put_unreadable(BookingScan *scan, const Source *source)
{
	Datum values[BOOKING_COLUMNS] = {0};
	bool nulls[BOOKING_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	nulls[BOOKING_SOURCE] = nulls[BOOKING_UNREADABLE] = false;
	values[BOOKING_SOURCE] = Int32GetDatum(source->source_id);
	values[BOOKING_UNREADABLE] = BoolGetDatum(true);
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, values, nulls);
	scan->count++;
}

/* Tells whether a row is within the days that were asked for. */
static inline bool
booking_scan_is_within(const BookingScan *scan, const MappedRow *row)
{
	if (!scan->is_bounded)
		return true;
	return row->has_date && !DATE_NOT_FINITE(row->booked_on) && row->booked_on >= scan->first_day &&
		   row->booked_on < scan->end_day;
}

/* Puts a row out if it is a booking, or one that is ignored, and the caller may read it. */
static void
booking_scan_row(const Source *source, const MappedRow *row, void *context)
{
	BookingScan *scan = context;
	Booking booking;

	if (!row->counts || !booking_scan_is_within(scan, row))
		return;
	if (booking_resolve(&scan->lookup, row, &booking))
	{
		if (booking_registers_show_to(scan->registers, booking.participant))
			booking_scan_put(scan, source, row, &booking);
	}
	else if (source->ignores_unknown)
	{
		/* A row that is ignored is of no participant, so it is for who may read all. */
		if (booking_registers_show_to(scan->registers, NULL))
			booking_scan_put(scan, source, row, NULL);
	}
	else if (scan->refuse_unknown && booking_registers_show_to(scan->registers, NULL))
		booking_refuse(source, row, &booking, NULL);
}

/* Reads the present source. */
static void
booking_scan_source(void *context)
{
	BookingScan *scan = context;

	scan->lookup.aliases =
		alias_book_open(CurrentMemoryContext, scan->source->relid, GetActiveSnapshot());
	source_visit_rows(scan->source, booking_scan_row, scan);
}

/* Reads the present source if it can be read; else notes that what came of it is to go, and says so. */
static void
booking_scan_attempt(BookingScan *scan)
{
	int64 first = scan->count;
	BookingGap *gap;

	source_check_counted(scan->source);
	if (attempt(booking_scan_source, scan) == NULL)
		return;
	if (scan->count > first)
	{
		gap = palloc(sizeof(BookingGap));
		gap->first = first;
		gap->end = scan->count;
		scan->gaps = lappend(scan->gaps, gap);
	}
	booking_scan_put_unreadable(scan, scan->source);
	message_unreadable(scan->source);
}

/* Puts out what is booked on a day, if it is within those that were asked for. */
static void
booking_scan_ahead_row(const MappedRow *row, int32 service_id, int32 participant_id, void *context)
{
	RegisterNode service = {.id = service_id};
	RegisterNode participant = {.id = participant_id};
	Booking booking = {&service, &participant, row->booked_on};
	BookingScan *scan = context;

	if (booking_scan_is_within(scan, row))
		booking_scan_put(scan, scan->source, row, &booking);
}

/* Puts out what was read of the present source while it is being counted anew; false: nothing was. */
static bool
booking_scan_ahead(BookingScan *scan)
{
	return booking_registers_show_to(scan->registers, NULL) &&
		   recount_ahead_visit(scan->source->source_id, booking_scan_ahead_row, scan);
}

/* Makes an empty store for the result, which lives as long as the query. */
static Tuplestorestate *
booking_scan_store(ReturnSetInfo *result)
{
	MemoryContext caller = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	Tuplestorestate *store =
		tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0, false,
							  work_mem);

	MemoryContextSwitchTo(caller);
	return store;
}

/* Takes the rows out of the result that are to go. */
static void
booking_scan_drop_gaps(BookingScan *scan)
{
	Tuplestorestate *all = scan->result->setResult;
	Tuplestorestate *kept = booking_scan_store(scan->result);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(scan->result->setDesc, &TTSOpsMinimalTuple);
	ListCell *next = list_head(scan->gaps);

	for (int64 i = 0; tuplestore_gettupleslot(all, true, false, slot); i++)
	{
		const BookingGap *gap = next == NULL ? NULL : lfirst(next);

		CHECK_FOR_INTERRUPTS();
		if (gap == NULL || i < gap->first)
			tuplestore_puttupleslot(kept, slot);
		else if (i == gap->end - 1)
			next = lnext(scan->gaps, next);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(all);
	scan->result->setResult = kept;
}

/* Reads an argument that is a day, or a bound that is none. */
static DateADT
booking_scan_day(FunctionCallInfo fcinfo, int argument, DateADT unbounded)
{
	return PG_ARGISNULL(argument) ? unbounded : PG_GETARG_DATEADT(argument);
}

/* Begins a call. */
static void
booking_scan_begin(BookingScan *scan, FunctionCallInfo fcinfo)
{
	foreign_code_refuse_reading();
	InitMaterializedSRF(fcinfo, 0);
	memset(scan, 0, sizeof(BookingScan));
	scan->result = (ReturnSetInfo *) fcinfo->resultinfo;
	scan->registers = booking_registers_load();
	scan->lookup.find = booking_registers_find;
	scan->lookup.registers = scan->registers;
	scan->first_day = booking_scan_day(fcinfo, SCAN_FIRST_DAY, DATEVAL_NOBEGIN);
	scan->end_day = booking_scan_day(fcinfo, SCAN_END_DAY, DATEVAL_NOEND);
	scan->is_bounded = !PG_ARGISNULL(SCAN_FIRST_DAY) || !PG_ARGISNULL(SCAN_END_DAY);
}

/* Returns the sources to be read: those that are asked for, and of which the role may read anything. */
static List *
booking_scan_sources(const BookingScan *scan, FunctionCallInfo fcinfo)
{
	List *wanted = NIL;
	List *sources;
	ListCell *cell;

	if (!booking_registers_show_any(scan->registers))
		return NIL;
	sources = source_list();
	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);

		if ((PG_ARGISNULL(SCAN_SOURCE) || source->source_id == PG_GETARG_INT32(SCAN_SOURCE)) &&
			booking_registers_show(scan->registers, source->source_id))
			wanted = lappend(wanted, lfirst(cell));
	}
	return wanted;
}

PG_FUNCTION_INFO_V1(steering_booking_scan);

/* booking_scan(first_day date, end_day date, source integer, refuse_unknown boolean) */
Datum
steering_booking_scan(PG_FUNCTION_ARGS)
{
	BookingScan scan;
	List *sources;
	ListCell *cell;

	booking_scan_begin(&scan, fcinfo);
	scan.refuse_unknown = !PG_ARGISNULL(SCAN_REFUSE_UNKNOWN) && PG_GETARG_BOOL(SCAN_REFUSE_UNKNOWN);
	sources = booking_scan_sources(&scan, fcinfo);
	foreach(cell, sources)
	{
		scan.source = lfirst(cell);
		source_check_counted(scan.source);
		booking_scan_source(&scan);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(steering_booking_read);

/* booking_read(first_day date, end_day date, source integer) */
Datum
steering_booking_read(PG_FUNCTION_ARGS)
{
	BookingScan scan;
	List *sources;
	ListCell *cell;

	booking_scan_begin(&scan, fcinfo);
	sources = booking_scan_sources(&scan, fcinfo);
	foreach(cell, sources)
	{
		scan.source = lfirst(cell);
		if (!booking_scan_ahead(&scan))
			booking_scan_attempt(&scan);
	}
	if (scan.gaps != NIL)
		booking_scan_drop_gaps(&scan);
	return (Datum) 0;
}
