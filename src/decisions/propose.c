/*
 * propose.c
 *	  propose() and withdraw(): how a decision begins, and how it ends without being made.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/jsonb.h"

#include "call.h"
#include "decisions/deciding.h"
#include "decisions/decision_call.h"
#include "decisions/decision_run.h"
#include "own.h"
#include "types/code.h"
#include "types/shown.h"

/* Arguments of propose(), in order. */
enum
{
	PROPOSE_ACT,
	PROPOSE_ARGUMENTS,
	PROPOSE_REASON,
	PROPOSE_DOCUMENT,
	PROPOSE_HEAR_THROUGH
};

PG_FUNCTION_INFO_V1(steering_propose);
PG_FUNCTION_INFO_V1(steering_withdraw);

/* Checks that an act is known. */
static void
propose_check_act(const char *act)
{
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(act)};
	uint64 found;
	OwnSpi spi;

	own_spi_begin(&spi);
	found = own_spi_execute("SELECT FROM steering.act WHERE act = $1", 1, types, values, NULL);
	own_spi_end(&spi);
	if (found == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("act \"%s\" is unknown", code_shown(act)),
						errhint("They are listed in steering.act.")));
}

/* Checks that a text says something. */
static void
propose_check_text(const char *text, const char *name)
{
	if (text[strspn(text, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be empty", name)));
}

/*
 * Checks that what is asked falls under one rule, and that the proposal has what that needs. Within own_spi.
 */
static void
propose_check_rule(FunctionCallInfo fcinfo, const char *act, Datum questions)
{
	static const char query[] =
		"SELECT method, views_days, rule_id IS NULL, steering.decision_day() + views_days FROM"
		" steering.rules_of(steering.read_questions($1), steering.decision_day())";
	Oid types[] = {JSONBOID};
	uint64 count = own_spi_execute(query, 1, types, &questions, NULL);
	DateADT earliest;
	bool isnull;

	if (count == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("no rule says how act \"%s\" is decided here", act),
						errhint("Call steering.%s() itself.", act)));
	if (count > 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("several rules say how parts of this act \"%s\" are decided", act),
						errhint("Propose the parts one by one.")));
	if (DatumGetBool(own_spi_column(0, 3, NULL)))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("no rule says how act \"%s\" of this amount is decided", act)));
	if (strcmp(TextDatumGetCString(own_spi_column(0, 1, NULL)), "record") == 0 &&
		PG_ARGISNULL(PROPOSE_DOCUMENT))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a decision that is recorded needs its document")));
	earliest = DatumGetDateADT(own_spi_column(0, 4, &isnull));
	if (!PG_ARGISNULL(PROPOSE_HEAR_THROUGH) && PG_GETARG_DATEADT(PROPOSE_HEAR_THROUGH) < earliest)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("hear_through must be %s or later: %s", day_shown(earliest),
							   day_shown(PG_GETARG_DATEADT(PROPOSE_HEAR_THROUGH)))));
}

/* Stores a proposal, with what it asks; returns its number. Within own_spi. */
static int32
propose_store(FunctionCallInfo fcinfo, const char *act, Datum arguments, Datum questions)
{
	static const char query[] =
		"WITH asked AS (SELECT question.* FROM unnest(steering.read_questions($3))"
		"  WITH ORDINALITY AS question (act, service, participant, amount, arguments, place)"
		"), whole AS (SELECT CASE WHEN count(DISTINCT coalesce(service, '')) = 1 THEN min(service) END AS service,"
		"  CASE WHEN count(DISTINCT coalesce(participant, '')) = 1 THEN min(participant) END AS participant,"
		"  max(amount) AS amount FROM asked"
		"), made AS ("
		" INSERT INTO steering.decision_record (act, service, participant, amount, arguments, reason,"
		"  document, method, rule_id, body, hear_through, state)"
		" SELECT $1, whole.service, whole.participant, whole.amount, $2, $4, $5, ruling.method,"
		"  ruling.rule_id, ruling.body, CASE WHEN ruling.views_days > 0"
		"   THEN greatest(steering.decision_day() + ruling.views_days, $6)"
		"   WHEN ruling.needs = 'consent' THEN $6 END, 'open'"
		" FROM whole CROSS JOIN steering.rules_of(steering.read_questions($3), steering.decision_day()) AS ruling"
		" RETURNING decision_id"
		"), piece AS ("
		" INSERT INTO steering.decision_question (decision_id, position, act, service, participant, amount)"
		" SELECT made.decision_id, asked.place, asked.act, asked.service, asked.participant, asked.amount"
		" FROM made CROSS JOIN asked)"
		" SELECT decision_id FROM made";
	Oid types[] = {TEXTOID, JSONBOID, JSONBOID, TEXTOID, TEXTOID, DATEOID};
	Datum values[] = {CStringGetTextDatum(act),
					  arguments,
					  questions,
					  PG_GETARG_DATUM(PROPOSE_REASON),
					  PG_GETARG_DATUM(PROPOSE_DOCUMENT),
					  PG_GETARG_DATUM(PROPOSE_HEAR_THROUGH)};
	char nulls[] = {' ',
					' ',
					' ',
					' ',
					PG_ARGISNULL(PROPOSE_DOCUMENT) ? 'n' : ' ',
					PG_ARGISNULL(PROPOSE_HEAR_THROUGH) ? 'n' : ' ',
					'\0'};

	own_spi_execute(query, lengthof(types), types, values, nulls);
	return DatumGetInt32(own_spi_column(0, 1, NULL));
}

/*
 * Stores which table the arguments of a proposal name, if they do. As a table_number, which a dump writes as the
 * name that the table has then: restored it is the number of that one there. Within own_spi.
 */
static void
propose_store_table(int32 decision, Oid table)
{
	static const char query[] =
		"UPDATE steering.decision_record SET proposed_table = $2::steering.table_number"
		" WHERE decision_id = $1";
	Oid types[] = {INT4OID, OIDOID};
	Datum values[] = {Int32GetDatum(decision), ObjectIdGetDatum(table)};

	if (OidIsValid(table))
		own_spi_execute(query, lengthof(types), types, values, NULL);
}

/* Where two must sign: gives the proposer's signature, if he is in mandate. Within own_spi. */
static void
propose_sign(int32 decision)
{
	static const char query[] =
		"INSERT INTO steering.signature_record (decision_id, round, functionary, signed_for, choice,"
		" fingerprint)"
		" SELECT entry.decision_id, 1, session_user, able.principal, 'approve',"
		"  steering.fingerprint(entry.act, entry.arguments)"
		" FROM steering.decision_record AS entry"
		" CROSS JOIN LATERAL (SELECT principal FROM steering.capacity(session_user,"
		"  steering.questions_of(entry.decision_id), steering.decision_day()) LIMIT 1) AS able"
		" WHERE entry.decision_id = $1 AND entry.method = 'dual'";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(decision)};

	own_spi_execute(query, 1, types, values, NULL);
}

/* Makes the call of a proposal, in the present memory. */
static void
propose_make_call(FunctionCallInfo fcinfo, const char *act, DecisionCall *call)
{
	int nest_level = own_pin_settings();

	decision_call_make(act, PG_GETARG_JSONB_P(PROPOSE_ARGUMENTS), call);
	own_unpin_settings(nest_level);
}

/*
 * propose(act, arguments, reason, document, hear_through)
 *
 * The trial comes first: it locks what the act locks, and rules are read after that.
 */
Datum
steering_propose(PG_FUNCTION_ARGS)
{
	DecisionCall call;
	DecisionResult result = {0};
	char *act;
	Datum questions;
	int32 decision;
	OwnSpi spi;

	deciding_check_session();
	call_check_not_null(PG_ARGISNULL(PROPOSE_ACT), "act");
	call_check_not_null(PG_ARGISNULL(PROPOSE_ARGUMENTS), "arguments");
	call_check_not_null(PG_ARGISNULL(PROPOSE_REASON), "reason");
	propose_check_text(text_to_cstring(PG_GETARG_TEXT_PP(PROPOSE_REASON)), "reason");
	if (!PG_ARGISNULL(PROPOSE_DOCUMENT))
		propose_check_text(text_to_cstring(PG_GETARG_TEXT_PP(PROPOSE_DOCUMENT)), "document");
	act = text_to_cstring(PG_GETARG_TEXT_PP(PROPOSE_ACT));
	propose_check_act(act);
	propose_make_call(fcinfo, act, &call);
	decision_try(&call, false, &result);
	if (result.count == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this act \"%s\" would change nothing", act)));

	deciding_lock_rules(ShareLock);
	own_spi_begin(&spi);
	questions = DirectFunctionCall1(jsonb_in, CStringGetDatum(result.questions));
	propose_check_rule(fcinfo, act, questions);
	decision = propose_store(fcinfo, act, call.arguments, questions);
	propose_store_table(decision, call.table);
	propose_sign(decision);
	own_spi_end(&spi);
	PG_RETURN_INT32(decision);
}

/* Raises that a decision is not there, or not open, or not the session user's to withdraw. */
static void
withdraw_refuse(Datum decision)
{
	static const char query[] = "SELECT state FROM steering.decision_record WHERE decision_id = $1";
	Oid types[] = {INT4OID};

	deciding_check_open(DatumGetInt32(decision), own_spi_execute(query, 1, types, &decision, NULL));
	ereport(ERROR, (errcode(ERRCODE_NOT_AUTHORIZED),
					errmsg("role \"%s\" did not propose decision %d",
						   GetUserNameFromId(GetSessionUserId(), false), DatumGetInt32(decision)),
					errhint("Who proposed it withdraws it.")));
}

/* withdraw(decision, reason) */
Datum
steering_withdraw(PG_FUNCTION_ARGS)
{
	static const char query[] =
		"UPDATE steering.decision_record SET state = 'withdrawn', decided_at = clock_timestamp(),"
		" outcome = $2 WHERE decision_id = $1 AND state = 'open'"
		" AND (proposed_by = session_user OR steering.may_administer('withdraw'))";
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	OwnSpi spi;

	deciding_check_session();
	call_check_not_null(PG_ARGISNULL(0), "decision");
	call_check_not_null(PG_ARGISNULL(1), "reason");
	propose_check_text(text_to_cstring(PG_GETARG_TEXT_PP(1)), "reason");
	own_spi_begin(&spi);
	if (own_spi_execute(query, lengthof(types), types, values, NULL) == 0)
		withdraw_refuse(values[0]);
	own_spi_end(&spi);
	PG_RETURN_VOID();
}
