/*
 * check_booking.c
 *	  The dry run: what the caps would say of a booking.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "bookings/check.h"
#include "bookings/order_foreseen.h"
#include "rules/rulebook.h"

/* Arguments, in order. */
enum
{
	CHECK_BOOKING_SERVICE,
	CHECK_BOOKING_PARTICIPANT,
	CHECK_BOOKING_BOOKED_ON,
	CHECK_BOOKING_AMOUNT,
	CHECK_BOOKING_VOLUME,
	CHECK_BOOKING_ARGUMENTS,                          /* that may not be null */
	CHECK_BOOKING_RELEASES = CHECK_BOOKING_ARGUMENTS, /* from 0.6 */
	CHECK_BOOKING_FINAL
};

/* What a cap would be charged. */
typedef struct CheckCapChange
{
	int32 cap_id;
	int128 delta;
} CheckCapChange;

/* Puts out what a cap says, if the caller may read it. */
static void
check_booking_cap(ReturnSetInfo *result, const CheckCounters *counters,
				  const CheckCapChange *change)
{
	Datum values[CHECK_COLUMNS];
	bool nulls[CHECK_COLUMNS] = {false};
	const CapFigures *figures;
	Amount used;

	figures = check_figures(counters, change->cap_id, &used);
	if (figures == NULL)
		return;
	(void) check_fill(figures, used, amount_narrow(used + change->delta), values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out what the caps say that would be charged. */
static void
check_booking_caps(ReturnSetInfo *result, const List *charges)
{
	CheckCounters counters;
	ListCell *cell;

	check_counters_begin(&counters);
	foreach(cell, charges)
		check_counters_add(&counters, ((const CheckCapChange *) lfirst(cell))->cap_id);
	check_counters_open(&counters);
	foreach(cell, charges)
		check_booking_cap(result, &counters, lfirst(cell));
	check_counters_close(&counters);
}

/* Raises that an argument is missing. */
static void
check_booking_require(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"service", "participant", "booked_on", "amount", "volume"};

	for (int i = 0; i < CHECK_BOOKING_ARGUMENTS; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("argument \"%s\" must not be null", names[i])));
}

/* Adds what a cap would be charged to a list. */
static List *
check_booking_add(List *charges, int32 cap_id, int128 delta)
{
	CheckCapChange *change;
	ListCell *cell;

	foreach(cell, charges)
	{
		change = lfirst(cell);
		if (change->cap_id != cap_id)
			continue;
		change->delta += delta;
		return charges;
	}
	change = palloc(sizeof(CheckCapChange));
	change->cap_id = cap_id;
	change->delta = delta;
	return lappend(charges, change);
}

/* Adds what the caps over a place would be charged. Tells whether a budget cap is among them. */
static bool
check_booking_charge(List **charges, const Booking *booking, const UsageSum *sum)
{
	const CapList *caps = rulebook_caps(booking->service, booking->participant);
	bool budgeted = false;

	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];

		if (!cap_ref_holds_on(cap, booking->day))
			continue;
		budgeted |= cap->metric == METRIC_REQUIRED;
		*charges = check_booking_add(*charges, cap->cap_id, metric_sum(cap->metric, sum));
	}
	return budgeted;
}

/* Refuses a booking that releases an order line which is not there. */
static void
check_booking_refuse_order(void *context, const OrderChange *change, OrderFault fault)
{
	Booking booking = {0};

	Assert(fault != ORDER_SEVERAL_PLACES);
	check_refuse(CHECK_PHASE_ORDER, context, &booking);
}

/* Adds what is released of the order line that the booking names. */
static void
check_booking_release(List **charges, MappedRow *row, const Booking *booking)
{
	static const Source nowhere = {0};
	OrderChanges *orders = order_changes_begin(CurrentMemoryContext);
	DeltaBatch *released;
	Delta *deltas;
	int count;

	if (order_changes_add(orders, &nowhere, row, booking, 1) == NULL)
		return;
	released = order_lines_foresee(list_make1(orders), check_booking_refuse_order, row);
	if (released == NULL)
		return;
	deltas = delta_list(released, &count);
	for (int i = 0; i < count; i++)
	{
		Booking place = {deltas[i].key.service, deltas[i].key.participant, deltas[i].key.day};

		(void) check_booking_charge(charges, &place, &deltas[i].change);
	}
	delta_end(released);
}

/* Reads the booking that the arguments describe; raises what it would be refused for. */
static void
check_booking_read(FunctionCallInfo fcinfo, MappedRow *row, Booking *booking)
{
	BookingLookup lookup = {booking_find_in_rulebook};

	row->service = PG_GETARG_TEXT_PP(CHECK_BOOKING_SERVICE);
	row->participant = PG_GETARG_TEXT_PP(CHECK_BOOKING_PARTICIPANT);
	row->has_date = true;
	row->booked_on = PG_GETARG_DATEADT(CHECK_BOOKING_BOOKED_ON);
	row->amount = amount_from_numeric(PG_GETARG_DATUM(CHECK_BOOKING_AMOUNT));
	row->volume = amount_from_numeric(PG_GETARG_DATUM(CHECK_BOOKING_VOLUME));
	/* The function of an earlier version has fewer arguments. */
	if (PG_NARGS() > CHECK_BOOKING_RELEASES && !PG_ARGISNULL(CHECK_BOOKING_RELEASES))
		row->releases = PG_GETARG_TEXT_PP(CHECK_BOOKING_RELEASES);
	row->is_final = PG_NARGS() > CHECK_BOOKING_FINAL && !PG_ARGISNULL(CHECK_BOOKING_FINAL) &&
					PG_GETARG_BOOL(CHECK_BOOKING_FINAL);
	if (!booking_resolve(&lookup, row, booking))
		check_refuse(CHECK_PHASE_FAULT, row, booking);
	if (check_closed(booking) != NULL)
		check_refuse(CHECK_PHASE_CLOSED, row, booking);
}

PG_FUNCTION_INFO_V1(steering_check_booking);

/*
 * check_booking(service text, participant text, booked_on date, amount numeric, volume numeric, releases text,
 * final boolean): one row per cap that applies, to it or to the order line that it releases, and that the caller may
 * read.
 *
 * Raises 23S73, 23S74, and 23S71 for want of a cap, for what a booking would be refused for.
 */
Datum
steering_check_booking(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MappedRow row = {.counts = true};
	UsageSum change = {.bookings = 1};
	Booking booking;
	List *charges = NIL;
	bool budgeted;

	check_booking_require(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	rulebook_enter_reading();
	/* Unlike a booking it does not exclude changes of structure, so the rulebook may be read anew meanwhile. */
	rulebook_pin();
	check_booking_read(fcinfo, &row, &booking);
	change.amount = row.amount;
	change.volume = row.volume;
	budgeted = check_booking_charge(&charges, &booking, &change);
	check_booking_release(&charges, &row, &booking);
	check_booking_caps(result, charges);
	if (check_wants_cap(&booking, budgeted, row.amount))
		check_refuse(CHECK_PHASE_NO_CAP, &row, &booking);
	rulebook_unpin();
	return (Datum) 0;
}
