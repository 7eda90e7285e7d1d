/*
 * request_allotment.c
 *	  request_allotment(): the coordinator lends room under a cap to a node that asks.
 *
 * Called over a connection between nodes, as a transaction of its own. The node hears the answer when it is committed.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "lending/lending.h"
#include "own.h"
#include "scaling/outbox.h"

/* Columns of the result. */
enum
{
	REQUEST_CEILING,
	REQUEST_ELSEWHERE,
	REQUEST_CHANGE_NUMBER,
	REQUEST_UNANSWERED,
	REQUEST_COLUMNS
};

/* As PostgreSQL declares it in a header that needs headers of GSSAPI, which its own do not bring. */
extern bool pq_check_connection(void);

PG_FUNCTION_INFO_V1(steering_request_allotment);

/* Reads the arguments: cap, node, its usage now and as it would be. */
static void
request_read(FunctionCallInfo fcinfo, LendQuestion *question)
{
	static const char *const names[] = {"cap", "node", "used", "wanted"};

	for (int i = 0; i < lengthof(names); i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
	question->used = amount_exact_from_numeric(PG_GETARG_DATUM(2), names[2]);
	question->wanted = amount_exact_from_numeric(PG_GETARG_DATUM(3), names[3]);
}

/*
 * Ends what nobody waits for: who asked may have given up while others were served. Else a question that is dead would
 * take room back from a node that is just asking for some, which then gives up as well (nodes/node_return.c).
 */
static void
request_check_asker(void)
{
	if (whereToSendOutput == DestRemote && WaitEventSetCanReportClosed() && !pq_check_connection())
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE),
						errmsg("the node that asked for room waits no longer")));
}

/* Asks the other nodes, and finds what to lend: nothing where the asker had to give way. */
static LendResult
request_ask(Lending *lending, LendQuestion *question, LendRoom *room)
{
	LendResult result;

	lending_ask(lending, question->asker);
	result = lend_after_asking(question, room);
	if (result == LEND_UNSURE)
		lending_ask_again(lending, question->asker);
	if (lending->unanswered == NULL)
		lending_settle(lending);
	if (result == LEND_UNSURE && lending->unanswered == NULL)
		lending->unanswered = _("others were busy for a moment");
	return result;
}

/* Finds what to lend, and asks the other nodes where that is needed. */
static LendResult
request_decide(Lending *lending, LendQuestion *question, LendRoom *room)
{
	LendResult result;

	question->limit = lending->limit;
	question->ladder = lending->ladder;
	question->as_lent = lending->as_lent;
	question->exactly = lending->doubted;
	question->nodes = lending->nodes;
	question->count = lending->count;
	result = lend_at_once(question, room);
	return result == LEND_ASK ? request_ask(lending, question, room) : result;
}

/* Puts the answer into the function's result. */
static void
request_answer(ReturnSetInfo *into, const Lending *lending, LendResult result, const LendRoom *room)
{
	bool nulls[REQUEST_COLUMNS] = {
		[REQUEST_CEILING] = result == LEND_ALONE || result == LEND_UNSURE,
		[REQUEST_ELSEWHERE] = result == LEND_UNSURE || (result != LEND_ALONE && !room->warns),
		[REQUEST_UNANSWERED] = result != LEND_UNSURE,
	};
	Datum values[REQUEST_COLUMNS] = {0};

	values[REQUEST_CHANGE_NUMBER] = Int64GetDatum(outbox_last());
	if (!nulls[REQUEST_CEILING])
		values[REQUEST_CEILING] = amount_to_numeric(room->ceiling);
	if (!nulls[REQUEST_ELSEWHERE])
		values[REQUEST_ELSEWHERE] = amount_to_numeric(room->elsewhere);
	if (!nulls[REQUEST_UNANSWERED])
		values[REQUEST_UNANSWERED] = CStringGetTextDatum(lending->unanswered);
	tuplestore_putvalues(into->setResult, into->setDesc, values, nulls);
}

/* request_allotment(): what the coordinator lends to a node, written down before it is told */
Datum
steering_request_allotment(PG_FUNCTION_ARGS)
{
	LendQuestion question = {0};
	LendResult result;
	Lending *lending;
	LendRoom room = {0};

	InitMaterializedSRF(fcinfo, 0);
	request_read(fcinfo, &question);
	lending_make_durable();
	lending = lending_lock(PG_GETARG_INT32(0));
	request_check_asker();
	question.asker = lending_find(lending, PG_GETARG_INT32(1));
	result = request_decide(lending, &question, &room);
	if (result == LEND_CEILING || result == LEND_ALONE)
		lending_write(lending, question.asker, result == LEND_CEILING, room.ceiling);
	request_answer((ReturnSetInfo *) fcinfo->resultinfo, lending, result, &room);
	PG_RETURN_NULL();
}
