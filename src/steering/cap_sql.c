/*
 * cap_sql.c
 *	  set_cap() and drop_cap(): arguments of callers become requests, or errors that name what is
 *	  wrong with them.
 *
 * Callers need the right to execute these functions, and none on our tables.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "call.h"
#include "registers/register_node.h"
#include "registers/register_number.h"
#include "rules/metric.h"
#include "steering/cap.h"
#include "types/calendar.h"
#include "types/day_range.h"
#include "types/shown.h"

/* Arguments of set_cap(), in order. */
enum
{
	SET_CAP_SERVICE,
	SET_CAP_PARTICIPANT,
	SET_CAP_METRIC,
	SET_CAP_DURING,
	SET_CAP_AMOUNT,
	SET_CAP_LADDER,
	SET_CAP_REASON,
	SET_CAP_ACCEPT_OVERRUN
};

PG_FUNCTION_INFO_V1(steering_set_cap);
PG_FUNCTION_INFO_V1(steering_drop_cap);

extern Datum steering_ladder_in(PG_FUNCTION_ARGS);

/* Returns an optional text argument; NULL: it is null. */
static char *
cap_optional_text(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* Checks the metric of a cap. */
static const char *
cap_check_metric(const char *metric)
{
	return metric_name(metric_check(metric, strlen(metric)));
}

/* Checks the range of a cap: some days, from a first one to a last one. */
static Datum
cap_check_range(RangeType *range)
{
	TypeCacheEntry *type = lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("during must not be empty")));
	if (lower.infinite || upper.infinite || DATE_NOT_FINITE(DatumGetDateADT(lower.val)) ||
		DATE_NOT_FINITE(DatumGetDateADT(upper.val)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("during must have a first and a last day: %s",
							   OidOutputFunctionCall(F_RANGE_OUT, RangeTypePGetDatum(range)))));
	return RangeTypePGetDatum(range);
}

/* Checks the limit of a cap. */
static Amount
cap_check_amount(Datum numeric)
{
	Amount amount = amount_exact_from_numeric(numeric, "amount");

	if (amount < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount must not be negative: %s", amount_shown(amount))));
	return amount;
}

/* Checks the ladder of a cap, which may be NULL, by reading it once. */
static const char *
cap_check_ladder(const char *ladder)
{
	if (ladder != NULL)
		(void) DirectFunctionCall1(steering_ladder_in, CStringGetDatum(ladder));
	return ladder;
}

/*
 * Says so where a cap does not hold whole months: a range that ends one day early, since its upper bound was
 * meant as its last day, leaves the bookings of that day beside the cap.
 */
static void
cap_tell_range(Datum during)
{
	DateADT days[2];
	DateADT first;
	DateADT end;

	day_range_read(during, &days[0], &days[1]);
	first = calendar_month_begin(days[0]);
	end = calendar_month_begin(days[1]);
	if (end != days[1])
		end = calendar_month_end(days[1]);
	if (!IS_VALID_DATE(end)) /* of the last month there is, nothing can be said */
		return;
	if (first == days[0] && end == days[1])
		return;
	ereport(NOTICE,
			(errmsg("the cap does not hold whole months: its first day is %s, its last day %s",
					day_shown(days[0]), day_shown(days[1] - 1)),
			 errhint("A range ends before its upper bound: [%s,%s) holds the months as a whole.",
					 day_shown(first), day_shown(end))));
}

/* Finds service and participant by their codes, as they are committed now. */
static void
cap_resolve(const char *service, const char *participant, CapRequest *request)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());

	request->service_id = register_service_number(service, snapshot);
	request->participant_id = register_participant_number(participant, snapshot);
	UnregisterSnapshot(snapshot);
}

/* Creates a cap, or revises the one with the same service, participant, metric and range. */
Datum
steering_set_cap(PG_FUNCTION_ARGS)
{
	CapRequest request = {0};

	call_check_not_null(PG_ARGISNULL(SET_CAP_SERVICE), "service");
	call_check_not_null(PG_ARGISNULL(SET_CAP_PARTICIPANT), "participant");
	call_check_not_null(PG_ARGISNULL(SET_CAP_METRIC), "metric");
	call_check_not_null(PG_ARGISNULL(SET_CAP_DURING), "during");
	call_check_not_null(PG_ARGISNULL(SET_CAP_AMOUNT), "amount");
	call_check_not_null(PG_ARGISNULL(SET_CAP_ACCEPT_OVERRUN), "accept_overrun");

	request.metric = cap_check_metric(cap_optional_text(fcinfo, SET_CAP_METRIC));
	request.during = cap_check_range(PG_GETARG_RANGE_P(SET_CAP_DURING));
	request.amount = cap_check_amount(PG_GETARG_DATUM(SET_CAP_AMOUNT));
	request.ladder = cap_check_ladder(cap_optional_text(fcinfo, SET_CAP_LADDER));
	request.reason = cap_optional_text(fcinfo, SET_CAP_REASON);
	request.accept_overrun = PG_GETARG_BOOL(SET_CAP_ACCEPT_OVERRUN);
	cap_resolve(cap_optional_text(fcinfo, SET_CAP_SERVICE),
				cap_optional_text(fcinfo, SET_CAP_PARTICIPANT), &request);
	cap_tell_range(request.during);
	PG_RETURN_INT32(cap_set(&request, NULL));
}

/* Ends a cap. */
Datum
steering_drop_cap(PG_FUNCTION_ARGS)
{
	call_check_not_null(PG_ARGISNULL(0), "cap");
	cap_drop(PG_GETARG_INT32(0), cap_optional_text(fcinfo, 1));
	PG_RETURN_VOID();
}
