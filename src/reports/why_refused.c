/*
 * why_refused.c
 *	  why_refused(): everything that speaks for or against a booking, in rows.
 *
 * They come in the order in which a statement would come upon them: what is no booking, a cap that is
 * required, a closed period, caps by their ids. Nothing is written, waited for or locked beyond reading.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "bookings/check.h"
#include "call.h"
#include "reports/cap_reason.h"
#include "reports/reason.h"
#include "rules/rulebook.h"

/* Arguments, in order. */
enum
{
	WHY_SERVICE,
	WHY_PARTICIPANT,
	WHY_BOOKED_ON,
	WHY_AMOUNT,
	WHY_VOLUME,
	WHY_ARGUMENTS
};

/* Raises that an argument is missing. */
static void
why_refused_require(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"service", "participant", "booked_on", "amount", "volume"};

	for (int i = 0; i < WHY_ARGUMENTS; i++)
		call_check_not_null(PG_ARGISNULL(i), psprintf(_("argument \"%s\""), names[i]));
}

/* Says in sentences what an error does. */
static char *
why_refused_sentences(const ErrorData *error)
{
	char *text = psprintf("%s.%s%s%s%s", error->message, error->detail == NULL ? "" : " ",
						  error->detail == NULL ? "" : error->detail,
						  error->hint == NULL ? "" : " ", error->hint == NULL ? "" : error->hint);

	text[0] = pg_toupper((unsigned char) text[0]);
	return text;
}

/* Puts out what a booking would be refused for whatever the caps say, as that refusal puts it. */
static void
why_refused_put(ReturnSetInfo *result, const char *code, CheckPhase phase, BookingFault fault,
				const MappedRow *row, const Booking *booking)
{
	ErrorData *error = check_error(phase, fault, row, booking);
	Reason reason;

	reason_begin(&reason, code);
	reason_set_text(&reason, REASON_SQLSTATE, unpack_sql_state(error->sqlerrcode));
	reason_set(&reason, REASON_SERVICE, PointerGetDatum(row->service));
	reason_set(&reason, REASON_PARTICIPANT, PointerGetDatum(row->participant));
	reason_set_text(&reason, REASON_VERDICT, "refuse");
	reason_set_text(&reason, REASON_EXPLANATION, why_refused_sentences(error));
	reason_put(result, &reason);
	FreeErrorData(error);
}

/* Puts out each thing that is wrong with what a booking is on. */
static void
why_refused_put_faults(ReturnSetInfo *result, const MappedRow *row, const Booking *booking)
{
	static const char *const codes[BOOKING_FAULTS] = {
		[BOOKING_SERVICE_UNKNOWN] = "unknown_service",
		[BOOKING_PARTICIPANT_UNKNOWN] = "unknown_participant",
		[BOOKING_DAY_NOT_FINITE] = "date_not_finite",
		[BOOKING_SERVICE_EARLY] = "service_not_valid",
		[BOOKING_SERVICE_LATE] = "service_not_valid",
		[BOOKING_PARTICIPANT_EARLY] = "participant_not_valid",
		[BOOKING_PARTICIPANT_LATE] = "participant_not_valid",
	};

	/* The other faults are those of a null, and no argument is that. */
	for (BookingFault fault = 0; fault < BOOKING_FAULTS; fault++)
		if (booking_has_fault(row, booking, fault))
			why_refused_put(result, codes[fault], CHECK_PHASE_FAULT, fault, row, booking);
}

/* Tells whether a budget cap stands over a booking. */
static bool
why_refused_is_budgeted(const Booking *booking, const CapList *caps)
{
	for (int i = 0; i < caps->count; i++)
		if (caps->caps[i].metric == METRIC_REQUIRED &&
			cap_ref_holds_on(&caps->caps[i], booking->day))
			return true;
	return false;
}

/* Puts out what the rules say of a booking whose service, participant and day are known. */
static void
why_refused_put_rules(ReturnSetInfo *result, const MappedRow *row, const Booking *booking)
{
	const CapList *caps = rulebook_caps(booking->service, booking->participant);

	if (check_wants_cap(booking, why_refused_is_budgeted(booking, caps), row->amount))
		why_refused_put(result, "cap_required", CHECK_PHASE_NO_CAP, BOOKING_FAULTS, row, booking);
	if (check_closed(booking) != NULL)
		why_refused_put(result, "closed_period", CHECK_PHASE_CLOSED, BOOKING_FAULTS, row, booking);
	cap_reason_put_all(result, row, booking, caps);
}

PG_FUNCTION_INFO_V1(steering_why_refused);

/*
 * why_refused(service text, participant text, booked_on date, amount numeric, volume numeric): one row
 * for each thing that speaks for or against the booking.
 */
Datum
steering_why_refused(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MappedRow row = {.counts = true, .has_date = true};
	BookingLookup lookup = {booking_find_in_rulebook};
	Booking booking;

	why_refused_require(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	row.service = PG_GETARG_TEXT_PP(WHY_SERVICE);
	row.participant = PG_GETARG_TEXT_PP(WHY_PARTICIPANT);
	row.booked_on = PG_GETARG_DATEADT(WHY_BOOKED_ON);
	row.amount = amount_from_numeric(PG_GETARG_DATUM(WHY_AMOUNT));
	row.volume = amount_from_numeric(PG_GETARG_DATUM(WHY_VOLUME));
	rulebook_enter_reading();
	rulebook_pin();
	if (!booking_resolve(&lookup, &row, &booking))
		why_refused_put_faults(result, &row, &booking);
	if (booking.service != NULL && booking.participant != NULL && booking_has_day(&row))
		why_refused_put_rules(result, &row, &booking);
	rulebook_unpin();
	return (Datum) 0;
}
