/*
 * lending_ask.c
 *	  The coordinator has nodes give back what they may use of a cap and do not use.
 *
 * Under the lock of the cap's row in the ledger, from the question to the end of the transaction that writes down the
 * answers: else what a node has answered could be older than what another has lent it since.
 */
#include "postgres.h"

#include "lending/lending.h"
#include "nodes/node_ask.h"
#include "nodes/node_call.h"
#include "settings.h"

/* Columns of what a node answers that is asked to give back. */
enum
{
	LENDING_USED,
	LENDING_APPLIED, /* NULL: it is no node */
	LENDING_ANSWERS
};

/* Makes the call that asks a node to give back. */
static NodeCall *
lending_call(const Lending *lending, int node)
{
	NodeCall *call = palloc0(sizeof(NodeCall));

	call->node = list_nth(lending->rows, node);
	call->query = psprintf("SELECT steering.return_allotment(%d)::pg_catalog.text,"
						   " (SELECT applied::pg_catalog.text FROM steering.this_node)",
						   lending->cap_id);
	call->columns = LENDING_ANSWERS;
	return call;
}

/* Makes the calls that ask all nodes but one to give back. */
static List *
lending_calls(const Lending *lending, int but)
{
	List *calls = NIL;

	for (int node = 0; node < lending->count; node++)
		if (node != but)
			calls = lappend(calls, lending_call(lending, node));
	return calls;
}

/* Tells whether a node has not applied a change by which entries moved: it will use something else then. */
static bool
lending_is_behind(const Lending *lending, const char *applied)
{
	return applied != NULL && strtoi64(applied, NULL, 10) < lending->changed;
}

/* Reads what a node has answered. Returns what is wrong with it; NULL: nothing. */
static const char *
lending_read_answer(const Lending *lending, const NodeCall *call, Amount *used)
{
	char **answer = call->rows == NIL ? NULL : linitial(call->rows);
	const char *text = answer == NULL ? NULL : answer[LENDING_USED];

	if (call->error != NULL)
		return node_call_reason(call);
	if (text != NULL && lending_is_behind(lending, answer[LENDING_APPLIED]))
		return _("it has not applied all changes of the coordinator");
	if (text == NULL || amount_parse(text, used) != AMOUNT_OK)
		return _("no usage was returned");
	return NULL;
}

/* Notes of a node that it has not answered, and why. */
static void
lending_note_unanswered(Lending *lending, const NodeCall *call, const char *error)
{
	lending->unanswered =
		psprintf("%s%snode \"%s\": %s", lending->unanswered == NULL ? "" : lending->unanswered,
				 lending->unanswered == NULL ? "" : "; ", call->node->name, error);
}

/* Writes down what a node uses that has given back. */
static void
lending_note_used(Lending *lending, const NodeCall *call, Amount used)
{
	int node = lending_find(lending, call->node->node_id);

	lending->nodes[node].ceiling = used;
	lending->nodes[node].known = lending->nodes[node].answered = true;
	lending_write(lending, node, true, used);
}

/* Takes what nodes have answered. */
static void
lending_take_answers(Lending *lending, const List *calls)
{
	ListCell *cell;

	foreach(cell, calls)
	{
		const NodeCall *call = lfirst(cell);
		Amount used;
		const char *error = lending_read_answer(lending, call, &used);

		if (error != NULL)
			lending_note_unanswered(lending, call, error);
		else
			lending_note_used(lending, call, used);
	}
}

/* Makes calls to nodes that ask them to give back what they do not use, all at once, and writes down what they use. */
static void
lending_make_calls(Lending *lending, List *calls)
{
	lending->unanswered = NULL;
	lending->calls = calls;
	node_call_all(calls, steering_node_timeout);
	lending_take_answers(lending, calls);
}

/* Asks all nodes but one (LENDING_ASK_ALL: all) to give back what they do not use, all at once, and writes down what they use. */
void
lending_ask(Lending *lending, int but)
{
	lending_make_calls(lending, lending_calls(lending, but));
}

/* Tells the log who is busy: a transaction there holds the counter. Who asks does not hear of it. */
static void
lending_log_busy(const Lending *lending, const NodeRow *node)
{
	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("node \"%s\" is busy, and does not give back room under cap %d",
							 node->name, lending->cap_id)));
}

/* Returns calls that ask again those that were busy; none where another node has not answered, for whatever reason. */
static List *
lending_call_busy_again(const Lending *lending)
{
	List *again = NIL;
	ListCell *cell;

	foreach(cell, lending->calls)
	{
		const NodeCall *call = lfirst(cell);
		int node = lending_find(lending, call->node->node_id);

		if (lending->nodes[node].answered)
			continue;
		if (call->sqlstate != ERRCODE_LOCK_NOT_AVAILABLE)
			return NIL;
		lending_log_busy(lending, call->node);
		again = lappend(again, lending_call(lending, node));
	}
	return again;
}

/*
 * After lending_ask() for an asker, where some were busy and the answers of the others are not enough: asks these again,
 * and the asker too, which gives way (nodes/node_return.c). If what they are busy with is the very transaction in which
 * it asks, as a statement over several nodes is, that ends all.
 *
 * Then all have answered. Where one has not, it is busy with something else: whoever tries again finds no more room for
 * others being lent less, and they would ask for each booking.
 */
void
lending_ask_again(Lending *lending, int asker)
{
	List *calls = lending_call_busy_again(lending);

	if (calls == NIL)
		return;

	/* Those that are busy come first: they wait for the counter already when the asker gives way. */
	lending_make_calls(lending, lappend(calls, lending_call(lending, asker)));
	if (lending->unanswered == NULL)
		lending_doubt(lending);
}

/*
 * Has the nodes but one of which nobody knows how much they may use keep to what they use, until the lock is given up: one
 * that judges alone is among them. 40001: one of them does not answer in time.
 */
void
lending_stop_alone(Lending *lending, int32 node_id)
{
	List *calls = NIL;

	for (int node = 0; node < lending->count; node++)
		if (lending->nodes[node].node_id != node_id && !lending->nodes[node].known)
			calls = lappend(calls, lending_call(lending, node));
	lending_make_calls(lending, calls);
	if (lending->unanswered != NULL)
		node_ask_refuse(lending->cap_id, lending->unanswered);
}

/*
 * Has all nodes but one keep to what they use, until the lock is given up. 40001: one of them does not answer in time.
 */
void
lending_stop(Lending *lending, int32 node_id)
{
	lending_ask(lending, lending_find(lending, node_id));
	if (lending->unanswered != NULL)
		node_ask_refuse(lending->cap_id, lending->unanswered);
}
