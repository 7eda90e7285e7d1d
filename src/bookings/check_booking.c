/*
 * check_booking.c
 *	  The dry run: what the caps would say of a booking.
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "bookings/check.h"
#include "own.h"
#include "own_shape.h"
#include "rules/rulebook.h"

/* Arguments, in order. */
enum
{
	CHECK_BOOKING_SERVICE,
	CHECK_BOOKING_PARTICIPANT,
	CHECK_BOOKING_BOOKED_ON,
	CHECK_BOOKING_AMOUNT,
	CHECK_BOOKING_VOLUME,
	CHECK_BOOKING_ARGUMENTS
};

/* Puts out what a cap says, if the caller may read it. */
static void
check_booking_cap(ReturnSetInfo *result, Relation counters, int32 cap_id, Amount delta)
{
	Datum values[CHECK_COLUMNS];
	bool nulls[CHECK_COLUMNS] = {false};
	const CapFigures *figures;
	Amount used;

	figures = check_figures(counters, cap_id, &used);
	if (figures == NULL)
		return;
	(void) check_fill(figures, used, amount_add(used, delta), values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
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
	if (!booking_resolve(&lookup, row, booking))
		check_refuse(CHECK_PHASE_FAULT, row, booking);
	if (check_closed(booking) != NULL)
		check_refuse(CHECK_PHASE_CLOSED, row, booking);
}

PG_FUNCTION_INFO_V1(steering_check_booking);

/*
 * check_booking(service text, participant text, booked_on date, amount numeric, volume numeric):
 * one row per cap that applies and that the caller may read.
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
	const CapList *caps;
	Relation counters;
	bool budgeted = false;

	check_booking_require(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	rulebook_enter_reading();
	/* Unlike a booking it does not exclude changes of structure, so the rulebook may be read anew meanwhile. */
	rulebook_pin();
	check_booking_read(fcinfo, &row, &booking);
	change.amount = row.amount;
	change.volume = row.volume;
	caps = rulebook_caps(booking.service, booking.participant);
	counters = own_open(OWN_CAP_COUNTER, AccessShareLock);
	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];

		if (!cap_ref_holds_on(cap, booking.day))
			continue;
		budgeted |= cap->metric == METRIC_REQUIRED;
		check_booking_cap(result, counters, cap->cap_id, metric_sum(cap->metric, &change));
	}
	table_close(counters, NoLock);
	if (check_wants_cap(&booking, budgeted, row.amount))
		check_refuse(CHECK_PHASE_NO_CAP, &row, &booking);
	rulebook_unpin();
	return (Datum) 0;
}
