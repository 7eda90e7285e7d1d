/*
 * check_booking.c
 *	  The dry run: what the caps would say of a booking.
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "caps/cap_figures.h"
#include "caps/closed_days.h"
#include "caps/counter.h"
#include "caps/message.h"
#include "caps/rulebook.h"
#include "caps/verdict.h"
#include "own.h"
#include "own_shape.h"

/* Columns of the result. */
enum
{
	CHECK_CAP,
	CHECK_SERVICE,
	CHECK_PARTICIPANT,
	CHECK_METRIC,
	CHECK_AMOUNT,
	CHECK_USED,
	CHECK_AFTER,
	CHECK_BLOCKS_AT,
	CHECK_HEADROOM,
	CHECK_VERDICT,
	CHECK_COLUMNS
};

/* Puts out one row: what a cap says of a change by delta. */
static void
check_booking_row(ReturnSetInfo *result, const CapFigures *figures, Amount used, Amount delta)
{
	Datum values[CHECK_COLUMNS];
	bool nulls[CHECK_COLUMNS] = {false};
	Amount after = amount_add(used, delta);
	Verdict verdict = verdict_judge(figures->amount, figures->ladder, used, after);

	values[CHECK_CAP] = Int32GetDatum(figures->cap_id);
	values[CHECK_SERVICE] = CStringGetTextDatum(figures->service);
	values[CHECK_PARTICIPANT] = CStringGetTextDatum(figures->participant);
	values[CHECK_METRIC] = CStringGetTextDatum(message_metric(figures->metric));
	values[CHECK_AMOUNT] = amount_to_numeric(figures->amount);
	values[CHECK_USED] = amount_to_numeric(used);
	values[CHECK_AFTER] = amount_to_numeric(after);
	nulls[CHECK_BLOCKS_AT] = nulls[CHECK_HEADROOM] = !verdict.blocks;
	if (verdict.blocks)
	{
		values[CHECK_BLOCKS_AT] = amount_to_numeric(verdict.blocks_at);
		values[CHECK_HEADROOM] = amount_sum_to_numeric((int128) verdict.blocks_at - used);
	}
	values[CHECK_VERDICT] = CStringGetTextDatum(verdict_action_name(verdict.action));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out what a cap says, if the caller may read it. */
static void
check_booking_cap(ReturnSetInfo *result, Relation counters, int32 cap_id, Amount delta)
{
	const CapFigures *figures;
	Amount used;
	int32 revision;

	if (!counter_read(counters, cap_id, &used, &revision))
		return;
	figures = cap_figures_of(cap_id, revision);
	if (figures != NULL && cap_figures_may_read(figures, GetUserId()))
		check_booking_row(result, figures, used, delta);
}

/* Returns the entry of a register that a code names, or raises what a booking would. */
static const RegisterNode *
check_booking_node(const char *what, text *code, DateADT day)
{
	const RegisterNode *node =
		strcmp(what, "service") == 0
			? rulebook_service(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code))
			: rulebook_participant(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));

	if (node == NULL)
		message_unknown_code(NULL, what, code);
	if (day < node->first_day || day >= node->end_day)
		message_not_valid_on(NULL, what, node, day);
	return node;
}

/* Raises what a booking on a closed day would. */
static void
check_booking_closed(const RegisterNode *service, const RegisterNode *participant, DateADT day,
					 Amount amount, Amount volume)
{
	UsageSum change = {.amount = amount, .volume = volume, .bookings = 1};
	const ClosedDays *days = rulebook_closed_days();
	const ClosedRange *closed = days == NULL ? NULL : closed_days_find(days, day);

	if (closed != NULL)
		message_closed(*closed, service->code, participant->code,
					   psprintf("on %s", message_day(day)), false, &change, InvalidOid, false, false);
}

/* Raises that an argument is missing. */
static void
check_booking_require(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("argument \"%s\" must not be null", name)));
}

PG_FUNCTION_INFO_V1(steering_check_booking);

/*
 * check_booking(service text, participant text, booked_on date, amount numeric, volume numeric):
 * one row per cap that applies and that the caller may read.
 *
 * Raises 23S73 and 23S74 for what a booking would be refused for.
 */
Datum
steering_check_booking(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	static const char *const names[] = {"service", "participant", "booked_on", "amount", "volume"};
	const RegisterNode *service;
	const RegisterNode *participant;
	const CapList *caps;
	Relation counters;
	DateADT day;
	Amount amount;
	Amount volume;

	for (int i = 0; i < 5; i++)
		check_booking_require(fcinfo, i, names[i]);
	InitMaterializedSRF(fcinfo, 0);
	day = PG_GETARG_DATEADT(2);
	amount = amount_from_numeric(PG_GETARG_DATUM(3));
	volume = amount_from_numeric(PG_GETARG_DATUM(4));
	if (DATE_NOT_FINITE(day))
		ereport(ERROR, (errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
						errmsg("date \"%s\" of a booking is not finite", message_day(day))));

	rulebook_enter_reading();
	rulebook_hold();
	service = check_booking_node("service", PG_GETARG_TEXT_PP(0), day);
	participant = check_booking_node("participant", PG_GETARG_TEXT_PP(1), day);
	check_booking_closed(service, participant, day, amount, volume);
	caps = rulebook_caps(service, participant);
	counters = own_open(OWN_CAP_COUNTER, AccessShareLock);
	for (int i = 0; i < caps->count; i++)
		if (day >= caps->caps[i].first_day && day < caps->caps[i].end_day)
			check_booking_cap(result, counters, caps->caps[i].cap_id,
							  caps->caps[i].metric == METRIC_BUDGET ? amount : volume);
	table_close(counters, NoLock);
	rulebook_release();
	return (Datum) 0;
}
