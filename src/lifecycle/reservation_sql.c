/*
 * reservation_sql.c
 *	  reserve(), post_reservation(), void_reservation(), release_expired(): arguments of callers become requests, or
 *	  errors that name what is wrong with them.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/snapmgr.h"

#include "call.h"
#include "lifecycle/reservation.h"
#include "registers/register_number.h"
#include "types/shown.h"

/* Arguments of reserve(), in order. */
enum
{
	RESERVE_SERVICE,
	RESERVE_PARTICIPANT,
	RESERVE_BOOKED_ON,
	RESERVE_AMOUNT,
	RESERVE_VOLUME,
	RESERVE_EXPIRES,
	RESERVE_REFERENCE
};

PG_FUNCTION_INFO_V1(steering_reserve);
PG_FUNCTION_INFO_V1(steering_post_reservation);
PG_FUNCTION_INFO_V1(steering_void_reservation);
PG_FUNCTION_INFO_V1(steering_release_expired);

/* Checks an amount or a volume. */
static Amount
reservation_check_amount(Datum numeric, const char *what)
{
	Amount amount = amount_exact_from_numeric(numeric, what);

	if (amount < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must not be negative: %s", what, amount_shown(amount))));
	return amount;
}

/* Checks when a reservation is to expire, by the clock of the statement. */
static void
reservation_check_expires(TimestampTz expires)
{
	if (TIMESTAMP_NOT_FINITE(expires))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("expires must be a moment"),
				 errhint("What does not expire has none: null.")));
	if (expires <= GetCurrentStatementStartTimestamp())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("expires must be in the future: %s", timestamptz_to_str(expires))));
}

/* Checks that both codes are in their registers: by these, not by aliases, caps are found when it has expired. */
static void
reservation_check_codes(const ReservationRequest *request)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());

	(void) register_service_number(TextDatumGetCString(request->service), snapshot);
	(void) register_participant_number(TextDatumGetCString(request->participant), snapshot);
	UnregisterSnapshot(snapshot);
}

/* Checks that the arguments are there that must be. */
static void
reservation_check_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"service", "participant", "booked_on", "amount", "volume"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
}

/* Holds an amount and a volume for a while. Returns the number of the reservation. */
Datum
steering_reserve(PG_FUNCTION_ARGS)
{
	ReservationRequest request = {0};

	reservation_check_arguments(fcinfo);
	request.service = PG_GETARG_DATUM(RESERVE_SERVICE);
	request.participant = PG_GETARG_DATUM(RESERVE_PARTICIPANT);
	request.booked_on = PG_GETARG_DATUM(RESERVE_BOOKED_ON);
	request.amount = reservation_check_amount(PG_GETARG_DATUM(RESERVE_AMOUNT), "amount");
	request.volume = reservation_check_amount(PG_GETARG_DATUM(RESERVE_VOLUME), "volume");
	request.is_lasting = PG_ARGISNULL(RESERVE_EXPIRES);
	if (!request.is_lasting)
		reservation_check_expires(PG_GETARG_TIMESTAMPTZ(RESERVE_EXPIRES));
	request.expires = request.is_lasting ? (Datum) 0 : PG_GETARG_DATUM(RESERVE_EXPIRES);
	request.has_reference = !PG_ARGISNULL(RESERVE_REFERENCE);
	request.reference = request.has_reference ? PG_GETARG_DATUM(RESERVE_REFERENCE) : (Datum) 0;
	if (request.amount == 0 && request.volume == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there is nothing to reserve: amount and volume are 0")));
	reservation_check_codes(&request);
	PG_RETURN_INT32(reservation_make(&request));
}

/* Reads an optional amount or volume; false: it is null, and all of it is meant. */
static bool
reservation_read_part(FunctionCallInfo fcinfo, int argument, const char *what, Amount *part)
{
	if (PG_ARGISNULL(argument))
		return false;
	*part = reservation_check_amount(PG_GETARG_DATUM(argument), what);
	return true;
}

/* Spends what was reserved, or a part. */
Datum
steering_post_reservation(PG_FUNCTION_ARGS)
{
	ReservationPost post = {0};

	call_check_not_null(PG_ARGISNULL(0), "reservation");
	post.is_all_amount = !reservation_read_part(fcinfo, 1, "amount", &post.amount);
	post.is_all_volume = !reservation_read_part(fcinfo, 2, "volume", &post.volume);
	reservation_post(PG_GETARG_INT32(0), &post);
	PG_RETURN_VOID();
}

/* Releases a reservation. */
Datum
steering_void_reservation(PG_FUNCTION_ARGS)
{
	call_check_not_null(PG_ARGISNULL(0), "reservation");
	reservation_void(PG_GETARG_INT32(0));
	PG_RETURN_VOID();
}

/* Releases reservations that have expired. */
Datum
steering_release_expired(PG_FUNCTION_ARGS)
{
	call_check_not_null(PG_ARGISNULL(0), "most");
	if (PG_GETARG_INT32(0) <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("most must be positive: %d", PG_GETARG_INT32(0))));
	PG_RETURN_INT64(reservation_release(PG_GETARG_INT32(0)));
}
