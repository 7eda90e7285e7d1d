/*
 * sign.c
 *	  sign() and close_decision(): how a decision is signed, and done with the signature that completes it, or
 *	  ended when its days are over.
 *
 * The row of the decision is locked first: of two last signatures at once the second one finds it executed.
 * Rules, mandates and bodies are those of the moment, and every signature that counts is judged by them: a
 * mandate that was revoked meanwhile signs nothing.
 *
 * The act is tried before it is done: what it asks now is judged by the rules as they are before it, which
 * it may change. What is then done must be what was judged.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "call.h"
#include "decisions/deciding.h"
#include "decisions/decision_call.h"
#include "decisions/decision_run.h"
#include "own.h"
#include "own_text.h"
#include "types/name_text.h"

/* Arguments of sign(), in order. */
enum
{
	SIGN_DECISION,
	SIGN_CHOICE,
	SIGN_PARTICIPANT,
	SIGN_REMARK
};

PG_FUNCTION_INFO_V1(steering_sign);
PG_FUNCTION_INFO_V1(steering_close_decision);

/* Runs a query about a decision, whose number is $1. */
static uint64
sign_execute(const char *query, int32 decision)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(decision)};

	return own_spi_execute(query, 1, types, values, NULL);
}

/*
 * Keeps rules, mandates, bodies and deputies as they are; where the act of a decision changes them, keeps deciding out,
 * as that does: two who sign such acts would else both share the rules, and each wait for the other to let go of them.
 */
static void
sign_lock_rules(int32 decision)
{
	static const char query[] =
		"SELECT FROM steering.decision_record AS entry"
		" JOIN pg_proc ON proname = entry.act AND pronamespace = 'steering'::regnamespace"
		" JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = pg_proc.oid"
		"  AND refclassid = classid AND refobjid = 'steering.lock_rules()'::regprocedure"
		" WHERE entry.decision_id = $1";

	deciding_lock_rules(ShareLock);
	if (sign_execute(query, decision) > 0)
		deciding_lock_rules_alone();
}

/* Locks a decision, and checks that it is open. */
static void
sign_open(int32 decision)
{
	static const char query[] = "SELECT state FROM steering.decision_record"
								" WHERE decision_id = $1 FOR NO KEY UPDATE";

	deciding_check_open(decision, sign_execute(query, decision));
}

/*
 * Checks that the table which the arguments name is the one that was proposed. The call has it by number, so from
 * here on no other can take its place.
 */
static void
sign_check_table(int32 decision, Oid table)
{
	static const char query[] =
		"SELECT FROM steering.decision_record WHERE decision_id = $1 AND proposed_table::oid = $2";
	Oid types[] = {INT4OID, OIDOID};
	Datum values[] = {Int32GetDatum(decision), ObjectIdGetDatum(table)};

	if (OidIsValid(table) && own_spi_execute(query, lengthof(types), types, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not the one that decision %d was proposed for",
							   name_text_in_message(table), decision),
						errhint("Withdraw it, and propose it anew.")));
}

/*
 * Makes the call of a decision. Only where it is to be done: what cannot be understood any more, as the name of
 * a table that is gone, can still be rejected.
 */
static void
sign_make_call(int32 decision, DecisionCall *call)
{
	static const char query[] =
		"SELECT act, arguments FROM steering.decision_record WHERE decision_id = $1";
	Datum arguments;

	sign_execute(query, decision);
	arguments = own_spi_column(0, 2, NULL);
	decision_call_make(own_spi_text(0, 1), DatumGetJsonbPCopy(arguments), call);
	sign_check_table(decision, call->table);
}

/* Refuses a signature that the session user may not give; else stores it. */
static void
sign_store(FunctionCallInfo fcinfo)
{
	static const char weigh[] = "SELECT state, message, hint, signed_for, round FROM"
								" steering.weigh_signature($1, $2, $3, steering.decision_day())";
	static const char insert[] =
		"INSERT INTO steering.signature_record (decision_id, round, functionary, signed_for, choice,"
		" participant, remark, fingerprint)"
		" SELECT entry.decision_id, $6, session_user, $5, $2, $3, $4,"
		"  steering.fingerprint(entry.act, entry.arguments)"
		" FROM steering.decision_record AS entry WHERE entry.decision_id = $1";
	Oid types[] = {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID};
	Datum values[] = {PG_GETARG_DATUM(SIGN_DECISION),
					  PG_GETARG_DATUM(SIGN_CHOICE),
					  PG_GETARG_DATUM(SIGN_PARTICIPANT),
					  PG_GETARG_DATUM(SIGN_REMARK),
					  0,
					  0};
	char nulls[] = {' ',
					' ',
					PG_ARGISNULL(SIGN_PARTICIPANT) ? 'n' : ' ',
					PG_ARGISNULL(SIGN_REMARK) ? 'n' : ' ',
					' ',
					' ',
					'\0'};
	char *state;

	own_spi_execute(weigh, 3, types, values, nulls);
	state = own_spi_text(0, 1);
	if (state != NULL)
		ereport(ERROR, (errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
						errmsg_internal("%s", own_text_said(own_spi_text(0, 2))),
						own_spi_text(0, 3) ? errhint("%s", own_text_said(own_spi_text(0, 3))) : 0));
	values[4] = own_spi_column(0, 4, NULL);
	values[5] = own_spi_column(0, 5, NULL);
	own_spi_execute(insert, lengthof(types), types, values, nulls);
}

/* Returns what the signatures of a decision come to for what it asks: NULL, what is stored of it. */
static char *
sign_outcome(int32 decision, const char *questions)
{
	static const char query[] =
		"SELECT steering.decision_outcome($1, CASE WHEN $2 IS NULL THEN steering.questions_of($1)"
		" ELSE steering.read_questions($2::jsonb) END, steering.decision_day())";
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(decision),
					  questions ? CStringGetTextDatum(questions) : (Datum) 0};

	own_spi_execute(query, lengthof(types), types, values, questions ? "  " : " n");
	return own_spi_text(0, 1);
}

/* Raises that what was judged is not what was done. */
static void
sign_refuse_changed(int32 decision)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("what decision %d comes to was changed meanwhile", decision),
					errhint("Sign it again.")));
}

/* Checks that what was done is what was judged: others may have changed the ground in between. */
static void
sign_check_same(int32 decision, const char *judged, const char *done)
{
	static const char query[] =
		"SELECT steering.read_questions((SELECT jsonb_agg(q - 'arguments' ORDER BY n)"
		"   FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (q, n)))::text"
		" = steering.read_questions((SELECT jsonb_agg(q - 'arguments' ORDER BY n)"
		"   FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS e (q, n)))::text";
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(judged), CStringGetTextDatum(done)};

	own_spi_execute(query, lengthof(types), types, values, NULL);
	if (!DatumGetBool(own_spi_column(0, 1, NULL)))
		sign_refuse_changed(decision);
}

/* Writes that a decision took effect, and what it asked then. */
static void
sign_finish(int32 decision, const DecisionResult *result, const char *judged)
{
	static const char remove[] = "DELETE FROM steering.decision_question WHERE decision_id = $1";
	static const char insert[] =
		"INSERT INTO steering.decision_question (decision_id, position, act, service, participant, amount)"
		" SELECT $1, place, act, service, participant, amount FROM unnest(steering.read_questions($2::jsonb))"
		"  WITH ORDINALITY AS question (act, service, participant, amount, arguments, place)";
	static const char update[] =
		"UPDATE steering.decision_record SET state = 'executed', decided_at = clock_timestamp(),"
		" executed_at = clock_timestamp(), executed_on = steering.decision_day(),"
		" executed_by = session_user, in_mandate = true, outcome = $3, amount ="
		" (SELECT max(question.amount) FROM unnest(steering.read_questions($2::jsonb)) AS question)"
		" WHERE decision_id = $1";
	Oid types[] = {INT4OID, TEXTOID, TEXTOID};
	Datum values[] = {Int32GetDatum(decision), CStringGetTextDatum(judged),
					  result->outcome ? CStringGetTextDatum(result->outcome) : (Datum) 0};

	sign_execute(remove, decision);
	own_spi_execute(insert, 2, types, values, NULL);
	own_spi_execute(update, 3, types, values, result->outcome ? "   " : "  n");
}

/*
 * Writes by which rule a decision is done: it may be another than when it was proposed, and the act may end it.
 */
static void
sign_keep_rule(int32 decision, const char *judged)
{
	static const char query[] =
		"UPDATE steering.decision_record AS entry"
		" SET method = ruling.method, rule_id = ruling.rule_id, body = ruling.body"
		" FROM steering.rules_of(steering.read_questions($2::jsonb), steering.decision_day()) AS ruling"
		" WHERE entry.decision_id = $1 AND (entry.method, entry.rule_id, entry.body)"
		"  IS DISTINCT FROM (ruling.method, ruling.rule_id, ruling.body)";
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(decision), CStringGetTextDatum(judged)};

	own_spi_execute(query, lengthof(types), types, values, NULL);
}

/*
 * Goes to those who have signed, or for whom was, in the order of their names: waits for others that use their limits. False:
 * what is asked (NULL: what is stored of it) has no amount, or nobody has signed by a mandate, and no limit is used.
 */
static bool
sign_each_signer(int32 decision, const char *questions, void (*wait)(const char *))
{
	static const char query[] =
		"SELECT rolname::text FROM pg_roles WHERE rolname IN (SELECT unnest(ARRAY[functionary, signed_for])"
		"  FROM steering.signature_record WHERE decision_id = $1 AND choice = 'approve')"
		" AND EXISTS (SELECT FROM unnest(CASE WHEN $2 IS NULL THEN steering.questions_of($1)"
		"  ELSE steering.read_questions($2::jsonb) END) AS asked WHERE asked.amount IS NOT NULL)"
		" ORDER BY rolname";
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(decision),
					  questions ? CStringGetTextDatum(questions) : (Datum) 0};
	uint64 count = own_spi_execute(query, lengthof(types), types, values, questions ? "  " : " n");

	for (uint64 i = 0; i < count; i++)
		wait(TextDatumGetCString(own_spi_column(i, 1, NULL)));
	return count > 0;
}

/* Refuses to do what comes to more than its signatures allow. */
static void
sign_judge(int32 decision, const char *questions)
{
	if (strcmp(sign_outcome(decision, questions), "adopted") != 0)
		ereport(ERROR, (errcode(ERRCODE_NOT_AUTHORIZED),
						errmsg("decision %d comes to more now than its signatures allow", decision),
						errhint("Withdraw it, and propose it anew.")));
}

/*
 * Does what was decided: first for trial, to judge what it asks now. By the rules and mandates of a day: it is not done on
 * the next one, which may come while it waits.
 *
 * Limits are judged once more, where nobody else uses them. That is after the act was done, since who calls an act himself
 * has locked what it changes before his limits, too. Who uses them already is waited for before it is done: he may have a
 * transaction open for long, and bookings would wait as well.
 */
static void
sign_do(int32 decision)
{
	DecisionCall call;
	DecisionResult trial = {0};
	DecisionResult result = {0};
	DateADT day;
	bool uses_limits;

	sign_make_call(decision, &call);
	(void) sign_each_signer(decision, NULL, deciding_await_functionary);
	decision_try(&call, true, &trial);
	if (trial.count == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("decision %d would change nothing now", decision)));
	day = deciding_day();
	sign_judge(decision, trial.questions);
	sign_keep_rule(decision, trial.questions);
	decision_do(&call, &result);
	sign_check_same(decision, trial.questions, result.questions);
	uses_limits = sign_each_signer(decision, result.questions, deciding_lock_functionary);
	if (uses_limits && day == deciding_day())
		sign_judge(decision, result.questions);
	sign_finish(decision, &result, result.questions);
	if (day != deciding_day())
		sign_refuse_changed(decision);
}

/* Writes that a decision is rejected, and why. */
static const char *
sign_reject(int32 decision)
{
	static const char query_of_0_4[] = "UPDATE steering.decision_record SET state = 'rejected',"
									   " decided_at = clock_timestamp() WHERE decision_id = $1";
	static const char query[] =
		"UPDATE steering.decision_record SET state = 'rejected', decided_at = clock_timestamp(),"
		" outcome = steering.why_rejected($1, steering.decision_day()) WHERE decision_id = $1";

	sign_execute(deciding_has_details() ? query : query_of_0_4, decision);
	return "rejected";
}

/* Begins the second round of a vote that was a tie. */
static const char *
sign_vote_again(int32 decision)
{
	static const char query_of_0_4[] =
		"UPDATE steering.decision_record SET round = 2 WHERE decision_id = $1";
	static const char query[] = "UPDATE steering.decision_record SET round = 2,"
								" vote_from = steering.decision_day() WHERE decision_id = $1";

	sign_execute(deciding_has_details() ? query : query_of_0_4, decision);
	ereport(NOTICE, (errmsg("the vote on decision %d is a tie: it is held again", decision)));
	return "open";
}

/* Does the act, ends the decision, or leaves it open, by what its signatures come to. Returns its state. */
static const char *
sign_follow(int32 decision, const char *outcome)
{
	if (strcmp(outcome, "adopted") == 0)
	{
		sign_do(decision);
		return "executed";
	}
	if (strcmp(outcome, "rejected") == 0)
		return sign_reject(decision);
	if (strcmp(outcome, "tie") == 0)
		return sign_vote_again(decision);
	return "open";
}

/* sign(decision, choice, participant, remark) */
Datum
steering_sign(PG_FUNCTION_ARGS)
{
	int32 decision;
	const char *state;
	OwnSpi spi;

	deciding_check_session();
	call_check_not_null(PG_ARGISNULL(SIGN_DECISION), "decision");
	call_check_not_null(PG_ARGISNULL(SIGN_CHOICE), "choice");
	decision = PG_GETARG_INT32(SIGN_DECISION);
	own_spi_begin(&spi);
	sign_lock_rules(decision);
	sign_open(decision);
	sign_store(fcinfo);
	state = sign_follow(decision, sign_outcome(decision, NULL));
	own_spi_end(&spi);
	PG_RETURN_TEXT_P(cstring_to_text(state));
}

/* Returns what a decision comes to as it stands. Raises that its days are not over. */
static char *
sign_closing_outcome(int32 decision)
{
	char *outcome;

	sign_execute("SELECT steering.closing_outcome($1, steering.decision_day())", decision);
	outcome = own_spi_text(0, 1);
	if (outcome == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the days of decision %d are not over", decision),
						errhint("Who can sign it is listed in steering.proposal. Who proposed it "
								"can withdraw it.")));
	return outcome;
}

/* close_decision(decision) */
Datum
steering_close_decision(PG_FUNCTION_ARGS)
{
	int32 decision;
	const char *state;
	OwnSpi spi;

	deciding_check_session();
	call_check_not_null(PG_ARGISNULL(0), "decision");
	decision = PG_GETARG_INT32(0);
	own_spi_begin(&spi);
	sign_lock_rules(decision);
	sign_open(decision);
	state = sign_follow(decision, sign_closing_outcome(decision));
	own_spi_end(&spi);
	PG_RETURN_TEXT_P(cstring_to_text(state));
}
