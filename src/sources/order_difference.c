/*
 * order_difference.c
 *	  Order lines that are not what the rows of sources say: read for verify(), mended by repair(), and wherever a
 *	  source is counted anew or ends.
 *
 * What is found under one snapshot is added to whatever stands there later, as repair() does with counters. Where a
 * source is counted anew or ends the effect on caps is judged together with that of its own bookings (recount.c): what
 * leaves with an invoice comes back with its order, and that is one change.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "bookings/apply.h"
#include "bookings/order_line.h"
#include "mapping/attempt.h"
#include "mapping/foreign_code.h"
#include "own.h"
#include "own_size.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "sources/booking_registers.h"
#include "sources/order_difference.h"
#include "sources/source_rows.h"

/* Columns of order_scan(). */
enum
{
	SCAN_REFERENCE,
	SCAN_IS_ORDER,
	SCAN_SOURCE,
	SCAN_SERVICE,
	SCAN_PARTICIPANT,
	SCAN_BOOKED_ON,
	SCAN_AMOUNT,
	SCAN_VOLUME,
	SCAN_IS_FINAL,
	SCAN_COLUMNS
};

#define ORDER_DIFFERENCES                                                                          \
	"SELECT reference, is_order, source_id, service, participant, booked_on, rows, "               \
	"amount::steering.amount, volume::steering.amount, finals FROM steering.order_difference"

/* One call of order_scan(). */
typedef struct OrderScan
{
	ReturnSetInfo *result;
	BookingRegisters *registers;
	BookingLookup lookup;
	const Source *source;
} OrderScan;

/* Puts out a row that is an order line, or releases one. */
static void
order_scan_put(OrderScan *scan, const MappedRow *row, const Booking *booking)
{
	text *key = row->reference == NULL ? row->releases : row->reference;
	Datum values[SCAN_COLUMNS];
	bool nulls[SCAN_COLUMNS] = {false};

	values[SCAN_REFERENCE] = PointerGetDatum(key);
	values[SCAN_IS_ORDER] = BoolGetDatum(row->reference != NULL);
	values[SCAN_SOURCE] = Int32GetDatum(scan->source->source_id);
	values[SCAN_SERVICE] = Int32GetDatum(booking->service->id);
	values[SCAN_PARTICIPANT] = Int32GetDatum(booking->participant->id);
	values[SCAN_BOOKED_ON] = DateADTGetDatum(booking->day);
	values[SCAN_AMOUNT] = AmountGetDatum(row->amount);
	values[SCAN_VOLUME] = AmountGetDatum(row->volume);
	values[SCAN_IS_FINAL] = BoolGetDatum(row->is_final);
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, values, nulls);
}

/* Tells whether a row orders under a key, or releases one. Of keys that are too long nothing is kept. */
static bool
order_scan_takes(const MappedRow *row)
{
	const text *key = row->reference == NULL ? row->releases : row->reference;

	return row->counts && key != NULL && !order_key_is_long(VARSIZE_ANY_EXHDR(key));
}

/* Looks at one row. */
static void
order_scan_row(const Source *source, const MappedRow *row, void *context)
{
	OrderScan *scan = context;
	Booking booking;

	if (order_scan_takes(row) && booking_resolve(&scan->lookup, row, &booking))
		order_scan_put(scan, row, &booking);
}

/* Reads the present source. */
static void
order_scan_source(void *context)
{
	OrderScan *scan = context;

	scan->lookup.aliases =
		alias_book_open(CurrentMemoryContext, scan->source->relid, GetActiveSnapshot());
	source_visit_rows(scan->source, order_scan_row, scan);
}

/* Puts out a row without a key: a source cannot be read, so that nothing can be said of any order line. */
static void
order_scan_put_unreadable(OrderScan *scan)
{
	Datum values[SCAN_COLUMNS] = {0};
	bool nulls[SCAN_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, values, nulls);
	message_unreadable(scan->source);
}

PG_FUNCTION_INFO_V1(steering_order_scan);

/* order_scan(): the rows of all sources that are order lines, or release one. */
Datum
steering_order_scan(PG_FUNCTION_ARGS)
{
	OrderScan scan = {0};
	List *sources;
	ListCell *cell;

	foreign_code_refuse_reading();
	InitMaterializedSRF(fcinfo, 0);
	scan.result = (ReturnSetInfo *) fcinfo->resultinfo;
	scan.registers = booking_registers_load();
	scan.lookup.find = booking_registers_find;
	scan.lookup.registers = scan.registers;
	sources = source_list();
	foreach(cell, sources)
	{
		scan.source = lfirst(cell);
		if (scan.source->has_orders && attempt(order_scan_source, &scan) != NULL)
			order_scan_put_unreadable(&scan);
	}
	return (Datum) 0;
}

/*
 * Reads one row of the differences, within own_spi, into changes; texts into the memory of context. What is ordered in
 * strict (NULL: in no source) is on its behalf.
 */
static void
order_difference_read(OrderChanges *changes, uint64 row, const Source *strict,
					  MemoryContext context)
{
	text *key = DatumGetTextPP(own_spi_column(row, 1, NULL));
	OrderChange *change = order_changes_get(changes, VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
	UsageSum sum = {.amount = DatumGetAmount(own_spi_column(row, 8, NULL)),
					.volume = DatumGetAmount(own_spi_column(row, 9, NULL)),
					.bookings = DatumGetInt64(own_spi_column(row, 7, NULL))};
	OrderPlace place;

	if (!DatumGetBool(own_spi_column(row, 2, NULL)))
	{
		usage_sum_add(&change->invoiced, &sum);
		change->finals += DatumGetInt64(own_spi_column(row, 10, NULL));
		return;
	}
	place.source_id = DatumGetInt32(own_spi_column(row, 3, NULL));
	place.service = MemoryContextStrdup(context, own_spi_text(row, 4));
	place.participant = MemoryContextStrdup(context, own_spi_text(row, 5));
	place.day = DatumGetDateADT(own_spi_column(row, 6, NULL));
	if (strict != NULL && place.source_id == strict->source_id)
		change->source = strict;
	order_change_add_ordered(changes, change, &place, &sum);
}

/* Puts into the result of repair() what was mended. */
static void
order_difference_report(ReturnSetInfo *result, int64 differences)
{
	Datum values[] = {
		[0] = CStringGetTextDatum("orders"),
		[2] = CStringGetTextDatum(STEERING_SCHEMA ".order_line"),
		[6] = CStringGetTextDatum("differences"),
		[7] = NumericGetDatum(int64_to_numeric(0)),
		[8] = NumericGetDatum(int64_to_numeric(differences)),
		[9] = NumericGetDatum(int64_to_numeric(differences)),
	};
	bool nulls[lengthof(values)] = {[1] = true, [3] = true, [4] = true, [5] = true};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Tells whether there can be any order line. */
static bool
order_difference_any(void)
{
	List *sources;
	ListCell *cell;

	if (!own_has_relation(OWN_ORDER_LINE))
		return false;
	sources = source_list();
	foreach(cell, sources)
		if (((const Source *) lfirst(cell))->has_orders)
			return true;
	return !own_is_empty(OWN_ORDER_LINE) &&
		   source_by_relation(own_relation(OWN_ORDER_LINE)) != NULL;
}

/* Finds what is to be done to order lines, in the present memory; NULL: nothing. */
static OrderChanges *
order_difference_find(const Source *strict)
{
	MemoryContext caller = CurrentMemoryContext;
	OrderChanges *changes;
	uint64 rows;
	OwnSpi spi;

	if (!order_difference_any())
		return NULL;
	changes = order_changes_begin(caller);
	own_spi_begin(&spi);
	rows = own_spi_execute(ORDER_DIFFERENCES, 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		order_difference_read(changes, i, strict, caller);
	}
	own_spi_end(&spi);
	return rows == 0 ? NULL : changes;
}

/*
 * Makes order lines what the rows of sources say. What is released then, and the caps over that, is to be counted anew.
 * Returns whether anything was to be done. Raises 23505 where order lines of strict (NULL: of no source) are on several
 * places. Bookings excluded.
 */
bool
order_difference_write(const Source *strict)
{
	OrderChanges *changes = order_difference_find(strict);

	if (changes == NULL)
		return false;
	(void) order_lines_mend(changes, false);
	return true;
}

/*
 * Makes order lines what the rows of sources say, and books that, whatever caps say of it. Puts it into the result of
 * repair(). Returns whether anything was to be done. Rulebook entered.
 */
bool
order_difference_mend(ReturnSetInfo *result)
{
	OrderChanges *changes = order_difference_find(NULL);
	DeltaBatch *released;

	if (changes == NULL)
		return false;
	released = order_lines_mend(changes, true);
	rulebook_reenter_booking();
	apply_batch(released, JUDGE_ACCEPTING);
	delta_end(released);
	order_difference_report(result, order_changes_count(changes));
	return true;
}
