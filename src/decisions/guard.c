/*
 * guard.c
 *	  The trigger that asks of every row which an act writes: may this be done?
 *
 * It is on the tables and not in the functions, so whatever way leads to a table passes it; and after the
 * row was written, when what the act comes to is known, with its rows locked: an error undoes it. Which act
 * a row is says an SQL function that the trigger names (act_question.sql).
 *
 * Who acts is the session user. Neither SET ROLE nor a function with somebody else's rights changes that.
 *
 * On a node of a scaled-out installation acts are refused: they are the coordinator's, where they are asked about; what
 * it has decided is applied without a question.
 *
 * Where there is no rule at all, nothing is asked and nothing is recorded but the making of one. Where there is
 * one, every act is: also those that no rule is for, so that the log has all.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "decisions/deciding.h"
#include "decisions/guard_question.h"
#include "kept_plan.h"
#include "mapping/foreign_code.h"
#include "nodes/this_node.h"
#include "own.h"
#include "own_text.h"

/* What a row asks. The texts are in SPI's memory; NULL: none. */
typedef struct GuardQuestion
{
	char *json; /* all of it, as text */
	char *act;
	char *service;
	char *participant;
	char *amount;
} GuardQuestion;

/* What was found about a question. The texts are in SPI's memory; NULL: none. */
typedef struct GuardAnswer
{
	bool ruled;    /* a rule is for it */
	bool has_rule; /* it is known which */
	bool by_one;   /* by that rule somebody in mandate may do it at once */
	Datum rule_id;
	char *method;
	char *body;
	char *principal; /* by whose mandate the session user may do so; NULL: he may not */
} GuardAnswer;

/* What hand_question() calls a change that is no act: nobody has a mandate for it. */
#define GUARD_BY_HAND "change_by_hand"

PG_FUNCTION_INFO_V1(steering_guard_act);

/* Tells whether a question is of a change that no act makes: a proposal cannot make it either. */
static bool
guard_is_by_hand(const GuardQuestion *question)
{
	return strcmp(question->act, GUARD_BY_HAND) == 0;
}

/* Tells whether any rule names the act: else there is nothing to find, and as a rule there is not. */
static bool
guard_is_named(const GuardQuestion *question)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] = "SELECT FROM steering.rule WHERE $1 = ANY (acts) LIMIT 1";
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(question->act)};

	return kept_plan_execute(&kept, query, lengthof(types), types, values, NULL) > 0;
}

/* Finds the rule for what a question asks. */
static void
guard_find_rule(const GuardQuestion *question, GuardAnswer *answer)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] =
		"SELECT is_ruled, rule_id, method, body, coalesce(method IN ('mandate', 'host')"
		"  AND views_days = 0 AND needs = 'view', false)"
		" FROM steering.rule_for($1, $2, $3, $4::numeric, steering.decision_day())";
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	const char *texts[] = {question->act, question->service, question->participant,
						   question->amount};
	Datum values[lengthof(texts)] = {0};
	char nulls[] = "nnnn";
	bool isnull;

	for (int i = 0; i < lengthof(texts); i++)
		if (texts[i] != NULL)
		{
			values[i] = CStringGetTextDatum(texts[i]);
			nulls[i] = ' ';
		}
	kept_plan_execute(&kept, query, lengthof(types), types, values, nulls);
	answer->ruled = DatumGetBool(own_spi_column(0, 1, NULL));
	answer->rule_id = own_spi_column(0, 2, &isnull);
	answer->has_rule = !isnull;
	answer->method = own_spi_text(0, 3);
	answer->body = own_spi_text(0, 4);
	answer->by_one = DatumGetBool(own_spi_column(0, 5, NULL));
}

/* Returns by whose mandate the session user may do what a question asks; NULL: by nobody's. */
static char *
guard_principal(const GuardQuestion *question)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] =
		"SELECT principal FROM steering.capacity(session_user,"
		" steering.read_questions(jsonb_build_array($1::jsonb)), steering.decision_day()) LIMIT 1";
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(question->json)};

	if (kept_plan_execute(&kept, query, lengthof(types), types, values, NULL) == 0)
		return NULL;
	return own_spi_text(0, 1);
}

/* Returns how a question can be decided, as far as the session user may know. */
static char *
guard_hint(const GuardQuestion *question)
{
	static const char query[] = "SELECT steering.deciding_hint("
								"(steering.read_questions(jsonb_build_array($1::jsonb)))[1],"
								" steering.decision_day())";
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(question->json)};

	own_spi_execute(query, lengthof(types), types, values, NULL);
	return own_spi_text(0, 1);
}

/* Refuses a change that is no act. */
static void
guard_refuse_hand(void)
{
	ereport(ERROR, (errcode(ERRCODE_NOT_AUTHORIZED),
					errmsg("role \"%s\" may not change by hand who may decide",
						   GetUserNameFromId(GetSessionUserId(), false)),
					errhint("The functions of steering change it.")));
}

/* Refuses an act. The constraint is the number of the rule, as that of a cap is where that refuses. */
static void
guard_refuse(const GuardQuestion *question, const GuardAnswer *answer)
{
	char *hint;

	if (guard_is_by_hand(question))
		guard_refuse_hand();
	hint = guard_hint(question);
	ereport(ERROR,
			(errcode(ERRCODE_NOT_AUTHORIZED),
			 errmsg("role \"%s\" may not decide %s%s%s",
					GetUserNameFromId(GetSessionUserId(), false), question->act,
					question->service ? psprintf(_(" on service \"%s\""), question->service) : "",
					question->participant
						? psprintf(_(" for participant \"%s\""), question->participant)
						: ""),
			 errhint("%s Propose it with steering.propose().", own_text_said(hint)),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, STEERING_SCHEMA),
			 err_generic_string(PG_DIAG_TABLE_NAME, "rule"),
			 answer->has_rule ? err_generic_string(PG_DIAG_CONSTRAINT_NAME,
												   psprintf("%d", DatumGetInt32(answer->rule_id)))
							  : 0));
}

/* Records an act that is done at once, as proposal, signature and execution in one. */
static void
guard_record(const GuardQuestion *question, const GuardAnswer *answer)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] =
		"WITH asked AS ("
		" SELECT question.* FROM unnest(steering.read_questions(jsonb_build_array($1::jsonb))) AS question"
		"), made AS ("
		" INSERT INTO steering.decision_record (act, service, participant, amount, arguments, method,"
		"  rule_id, body, state, decided_at, executed_at, executed_on, executed_by, in_mandate)"
		" SELECT act, service, participant, amount, coalesce(arguments, '{}'), $2, $3, $4, 'executed',"
		"  clock_timestamp(), clock_timestamp(), steering.decision_day(), session_user, $5"
		" FROM asked RETURNING decision_id, act, arguments"
		"), piece AS ("
		" INSERT INTO steering.decision_question (decision_id, position, act, service, participant, amount)"
		" SELECT made.decision_id, 1, asked.act, asked.service, asked.participant, asked.amount"
		" FROM made CROSS JOIN asked)"
		"INSERT INTO steering.signature_record (decision_id, round, functionary, signed_for, choice,"
		" fingerprint)"
		" SELECT decision_id, 1, session_user, $6, 'approve', steering.fingerprint(act, arguments)"
		" FROM made WHERE $6 IS NOT NULL";
	Oid types[] = {TEXTOID, TEXTOID, INT4OID, TEXTOID, BOOLOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(question->json),
					  answer->method ? CStringGetTextDatum(answer->method) : (Datum) 0,
					  answer->rule_id,
					  answer->body ? CStringGetTextDatum(answer->body) : (Datum) 0,
					  BoolGetDatum(answer->principal != NULL),
					  answer->principal ? CStringGetTextDatum(answer->principal) : (Datum) 0};
	char nulls[] = {' ',
					answer->method ? ' ' : 'n',
					answer->has_rule ? ' ' : 'n',
					answer->body ? ' ' : 'n',
					answer->ruled ? ' ' : 'n',
					answer->principal ? ' ' : 'n',
					'\0'};

	kept_plan_execute(&kept, query, lengthof(types), types, values, nulls);
}

/* Waits for others that use the limits of the session user, or of whose mandate he uses, in the order of names. */
static void
guard_lock(const char *principal)
{
	const char *person = GetUserNameFromId(GetSessionUserId(), false);
	bool principal_first = strcmp(principal, person) < 0;

	deciding_lock_functionary(principal_first ? principal : person);
	deciding_lock_functionary(principal_first ? person : principal);
}

/*
 * Returns by whose mandate the session user may do what a question asks, whose limits are held then; NULL: by
 * nobody's.
 *
 * While one was waited for, others may have used up what was left of his. Then it may be by the mandate of another, whose
 * limits somebody else may be using: he is waited for too.
 */
static char *
guard_hold_principal(const GuardQuestion *question)
{
	char *principal = guard_principal(question);
	char *held = NULL;

	while (principal != NULL && (held == NULL || strcmp(principal, held) != 0))
	{
		guard_lock(principal);
		held = principal;
		principal = guard_principal(question);
	}
	return principal;
}

/* Finds out by which rule a question is answered, and by whose mandate the session user may do what it asks. */
static void
guard_weigh(const GuardQuestion *question, GuardAnswer *answer)
{
	memset(answer, 0, sizeof(GuardAnswer));
	if (guard_is_by_hand(question))
		answer->ruled = true;
	else if (guard_is_named(question))
		guard_find_rule(question, answer);
	if (answer->by_one)
		answer->principal = guard_hold_principal(question);
}

/* Answers a question that no proposal asks. Rules and mandates are of days, and midnight may come during a wait. */
static void
guard_answer(const GuardQuestion *question)
{
	GuardAnswer answer;
	DateADT day;

	do
	{
		day = deciding_day();
		guard_weigh(question, &answer);
	} while (day != deciding_day());
	if (answer.ruled && answer.principal == NULL && !deciding_is_exempt())
		guard_refuse(question, &answer);
	guard_record(question, &answer);
}

/* Deals with the questions in SPI_tuptable, one after the other. */
static void
guard_questions(uint64 count)
{
	SPITupleTable *asked = SPI_tuptable;

	for (uint64 i = 0; i < count; i++)
	{
		GuardQuestion question = {
			.json = SPI_getvalue(asked->vals[i], asked->tupdesc, 1),
			.act = SPI_getvalue(asked->vals[i], asked->tupdesc, 2),
			.service = SPI_getvalue(asked->vals[i], asked->tupdesc, 3),
			.participant = SPI_getvalue(asked->vals[i], asked->tupdesc, 4),
			.amount = SPI_getvalue(asked->vals[i], asked->tupdesc, 5),
		};

		CHECK_FOR_INTERRUPTS();
		if (guard_is_by_hand(&question) || !deciding_note(question.json))
			guard_answer(&question);
	}
}

/* Returns what a row trigger returns: before the change the row as it is to be. */
static Datum
guard_return(const TriggerData *data)
{
	if (TRIGGER_FIRED_AFTER(data->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple
																   : data->tg_trigtuple);
}

/* Tells whether a row is of what each node has for itself: its sources. */
static bool
guard_is_local(Oid relid)
{
	return own_is_relation(relid, OWN_SOURCE) || own_is_relation(relid, OWN_MISSING_TABLE);
}

/* Tells whether a change of an alias is no act: that its table is dropped, or is there again. */
static bool
guard_follows_table(TriggerData *data)
{
	uint64 questions;
	OwnSpi spi;

	if (!own_is_relation(RelationGetRelid(data->tg_relation), OWN_ALIAS))
		return false;
	own_spi_begin(&spi);
	questions = guard_question_ask(data);
	own_spi_end(&spi);
	return questions == 0;
}

/* Refuses an act that is called on a node. */
static void
guard_check_node(TriggerData *data)
{
	if (guard_is_local(RelationGetRelid(data->tg_relation)) || guard_follows_table(data) ||
		deciding_is_restore())
		return;
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("this database is node %d: table \"%s\" is changed on the coordinator",
						   this_node_id(), RelationGetRelationName(data->tg_relation)),
					errhint("Call the function there: what it does reaches all nodes.")));
}

/* Row trigger on a table that acts write. Its argument is the function that makes questions of the rows. */
Datum
steering_guard_act(PG_FUNCTION_ARGS)
{
	TriggerData *data = deciding_trigger(fcinfo);
	bool about_rules = own_is_relation(RelationGetRelid(data->tg_relation), OWN_RULE);
	OwnSpi spi;

	if (this_node_is_applying() && !foreign_code_is_running())
		return guard_return(data);
	if (this_node_id() > NODE_COORDINATOR)
		guard_check_node(data);
	deciding_lock_rules(ShareLock);
	if (!(about_rules || deciding_is_ruled()))
		return guard_return(data);
	if (foreign_code_is_running())
		ereport(ERROR, (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
						errmsg("a function that a mapping calls cannot decide anything")));
	deciding_check_session();
	if (deciding_is_restore())
		return guard_return(data);
	own_spi_begin(&spi);
	guard_questions(guard_question_ask(data));
	own_spi_end(&spi);
	return guard_return(data);
}
