/*
 * node_call.c
 *	  Asking one node or many at once: questions are sent to all, and then answers are awaited.
 *
 * What goes wrong with one node, also an error that it answers, is told in its call, and keeps no other from
 * answering. What goes wrong here, as that the user cancels, is raised. In either case a link that is not clean is
 * closed before control returns to who asked.
 *
 * dblink raises what another server has answered, so each step runs in a subtransaction. That works while a
 * transaction commits, too.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/timestamp.h"

#include "nodes/node_call.h"
#include "subtransaction.h"

/* How often is looked for answers: at first almost at once, then more seldom. */
#define NODE_CALL_SHORT_LOOKS 10
#define NODE_CALL_SHORT_PAUSE_US 100
#define NODE_CALL_LONGEST_PAUSE_MS 10

/* A call with how long its answer may take. */
typedef struct NodeCallStart
{
	NodeCall *call;
	int timeout;
} NodeCallStart;

/* Begins a call: connects, where that is needed, and sends. */
static void
node_call_start(void *argument)
{
	NodeCallStart *start = argument;
	NodeLink *link = node_link_get(start->call->node, start->timeout);

	node_link_send(link, start->call->query);
	start->call->link = link;
}

/* Takes the answer of a call. */
static void
node_call_take(void *argument)
{
	NodeCall *call = argument;

	call->rows = node_link_result(call->link, call->columns);
	call->link = NULL;
}

/* Tells whether an error is about a node: dblink has raised it, or its class is that of connections. */
static bool
node_call_is_of_node(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_CONNECTION_EXCEPTION ||
		   (error->filename != NULL && strcmp(error->filename, "dblink.c") == 0);
}

/* Ends a call with an error. */
static void
node_call_fail(NodeCall *call, int sqlstate, char *error)
{
	call->link = NULL;
	call->rows = NIL;
	call->sqlstate = sqlstate;
	call->error = error;
}

/* Returns what a node has answered as an error, with what is to be done where it lacks something of ours. */
static char *
node_call_explain(int sqlstate, char *error)
{
	bool lacks = sqlstate == ERRCODE_UNDEFINED_FUNCTION || sqlstate == ERRCODE_UNDEFINED_TABLE;

	if (!lacks || strstr(error, STEERING_SCHEMA ".") == NULL)
		return error;
	return psprintf(_("sp71_steering is of an older version there, and is to be upgraded: %s"),
					error);
}

/* Does a step of a call. An error that is about its node ends the call. */
static void
node_call_do(NodeCall *call, SubtransactionWork work, void *argument)
{
	ErrorData *error = subtransaction_do(work, argument, SUBTRANSACTION_KEEP);
	char *told;

	if (error == NULL)
		return;
	if (!node_call_is_of_node(error))
		ReThrowError(error);
	told =
		error->detail == NULL ? error->message : psprintf("%s: %s", error->message, error->detail);
	node_call_fail(call, error->sqlerrcode, node_call_explain(error->sqlerrcode, told));

	/* What PostgreSQL advises where something is missing is for who has written the call. */
	call->hint = call->error == told ? error->hint : NULL;
}

/* Takes the answers that are there. Returns how many calls are still without. */
static int
node_call_take_all(List *calls, bool *took)
{
	int waiting = 0;
	ListCell *cell;

	*took = false;
	foreach(cell, calls)
	{
		NodeCall *call = lfirst(cell);

		if (call->link == NULL)
			continue;
		if (node_link_is_busy(call->link))
			waiting++;
		else
		{
			node_call_do(call, node_call_take, call);
			*took = true;
		}
	}
	return waiting;
}

/* Waits a little, the longer the more looks there were. */
static void
node_call_pause(int looks)
{
	int pause = Min(1 + (looks - NODE_CALL_SHORT_LOOKS) / 4, NODE_CALL_LONGEST_PAUSE_MS);

	if (looks < NODE_CALL_SHORT_LOOKS)
		pg_usleep(NODE_CALL_SHORT_PAUSE_US);
	else
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, pause,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
	CHECK_FOR_INTERRUPTS();
}

/* Waits for answers, until all are there, or time is over, or what is watched raises; NULL: nothing is. */
static void
node_call_wait(List *calls, int timeout, NodeCallWatch watch, int32 argument)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);
	int looks = 0;
	bool took;

	while (node_call_take_all(calls, &took) > 0)
	{
		if (timeout > 0 && GetCurrentTimestamp() >= end)
			break;
		looks = took ? 0 : looks + 1;
		node_call_pause(looks);
		if (watch != NULL)
			watch(argument);
	}
}

/* Ends the calls that were not answered in time. */
static void
node_call_expire(List *calls, int timeout)
{
	ListCell *cell;

	foreach(cell, calls)
	{
		NodeCall *call = lfirst(cell);

		if (call->link != NULL)
			node_call_fail(call, ERRCODE_CONNECTION_FAILURE,
						   psprintf(_("node \"%s\" did not answer within %d ms"), call->node->name,
									timeout));
	}
}

/* Sends all calls. */
static void
node_call_start_all(List *calls, int timeout)
{
	ListCell *cell;

	foreach(cell, calls)
	{
		NodeCallStart start = {.call = lfirst(cell), .timeout = timeout};

		CHECK_FOR_INTERRUPTS();
		node_call_do(start.call, node_call_start, &start);
	}
}

/* Makes calls, see node_call_all() and node_call_watched(). */
static void
node_call_run(List *calls, int timeout, NodeCallWatch watch, int32 argument)
{
	PG_TRY();
	{
		node_call_start_all(calls, timeout);
		node_call_wait(calls, timeout, watch, argument);
		node_call_expire(calls, timeout);
	}
	PG_CATCH();
	{
		node_link_rest();
		PG_RE_THROW();
	}
	PG_END_TRY();
	node_link_rest();
}

/*
 * Makes calls, all at once, each to another node; returns when all are answered, or have failed, or when so many
 * milliseconds are over after the last was sent (0: waits for ever).
 */
void
node_call_all(List *calls, int timeout)
{
	if (calls != NIL)
		node_call_run(calls, timeout, NULL, 0);
}

/* Makes one call, and watches something meanwhile that may raise. */
void
node_call_watched(NodeCall *call, int timeout, NodeCallWatch watch, int32 argument)
{
	node_call_run(list_make1(call), timeout, watch, argument);
}

/*
 * Returns what went wrong with a call, for whoever books: where other servers are, and how they are reached, which is said
 * where no connection could be made, is told to the log alone.
 */
const char *
node_call_reason(const NodeCall *call)
{
	if (call->sqlstate != ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION)
		return call->error;
	ereport(LOG_SERVER_ONLY, (errmsg_internal("node \"%s\": %s", call->node->name, call->error)));
	return _("it cannot be reached");
}
