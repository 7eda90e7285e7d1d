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

/* Stands for a service or participant that nothing is wrong with. */
static const RegisterNode why_right = {.first_day = DATEVAL_NOBEGIN, .end_day = DATEVAL_NOEND};

/* Raises that an argument is missing. */
static void
why_refused_require(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"service", "participant", "booked_on", "amount", "volume"};

	for (int i = 0; i < WHY_ARGUMENTS; i++)
		call_check_not_null(PG_ARGISNULL(i), psprintf("argument \"%s\"", names[i]));
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
why_refused_put(ReturnSetInfo *result, const char *code, CheckPhase phase, const MappedRow *row,
				const DeltaKey *key)
{
	ErrorData *error = check_error(phase, row, key);
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

/* Tells whether an entry of a register is known and was not there on a day. */
static bool
why_refused_is_absent(const RegisterNode *node, DateADT day)
{
	return node != NULL && !DATE_NOT_FINITE(day) && (day < node->first_day || day >= node->end_day);
}

/* Puts out each thing that is wrong with the key of a booking: alone, with nothing wrong beside it. */
static void
why_refused_put_key(ReturnSetInfo *result, const MappedRow *row, const DeltaKey *key)
{
	DeltaKey of_service = {key->service, &why_right, key->day};
	DeltaKey of_participant = {&why_right, key->participant, key->day};
	DeltaKey of_day = {&why_right, &why_right, key->day};

	if (key->service == NULL)
		why_refused_put(result, "unknown_service", CHECK_PHASE_KEY, row, &of_service);
	if (key->participant == NULL)
		why_refused_put(result, "unknown_participant", CHECK_PHASE_KEY, row, &of_participant);
	if (DATE_NOT_FINITE(key->day))
		why_refused_put(result, "date_not_finite", CHECK_PHASE_KEY, row, &of_day);
	if (why_refused_is_absent(key->service, key->day))
		why_refused_put(result, "service_not_valid", CHECK_PHASE_KEY, row, &of_service);
	if (why_refused_is_absent(key->participant, key->day))
		why_refused_put(result, "participant_not_valid", CHECK_PHASE_KEY, row, &of_participant);
}

/* Tells whether a budget cap stands over a booking. */
static bool
why_refused_is_budgeted(const DeltaKey *key, const CapList *caps)
{
	for (int i = 0; i < caps->count; i++)
		if (caps->caps[i].metric == METRIC_REQUIRED && check_is_under(key, &caps->caps[i]))
			return true;
	return false;
}

/* Puts out what the rules say of a booking whose service, participant and day are known. */
static void
why_refused_put_rules(ReturnSetInfo *result, const MappedRow *row, const DeltaKey *key)
{
	const CapList *caps = rulebook_caps(key->service, key->participant);

	if (check_wants_cap(key, why_refused_is_budgeted(key, caps), row->amount))
		why_refused_put(result, "cap_required", CHECK_PHASE_NO_CAP, row, key);
	if (check_closed(key) != NULL)
		why_refused_put(result, "closed_period", CHECK_PHASE_CLOSED, row, key);
	cap_reason_put_all(result, row, key, caps);
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
	DeltaKey key;

	why_refused_require(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	row.service = PG_GETARG_TEXT_PP(WHY_SERVICE);
	row.participant = PG_GETARG_TEXT_PP(WHY_PARTICIPANT);
	row.booked_on = PG_GETARG_DATEADT(WHY_BOOKED_ON);
	row.amount = amount_from_numeric(PG_GETARG_DATUM(WHY_AMOUNT));
	row.volume = amount_from_numeric(PG_GETARG_DATUM(WHY_VOLUME));
	rulebook_enter_reading();
	rulebook_hold();
	if (!check_resolve(&row, &key))
		why_refused_put_key(result, &row, &key);
	if (key.service != NULL && key.participant != NULL && !DATE_NOT_FINITE(key.day))
		why_refused_put_rules(result, &row, &key);
	rulebook_release();
	return (Datum) 0;
}
