/*
 * node_ask.c
 *	  A node asks the coordinator for room under a cap that is judged over nodes, and for overrides of it.
 *
 * The coordinator answers in a transaction of its own (scaling/request_allotment.c). Whatever becomes of the running
 * one, what it was lent is written down there; if that is not used, room is missing until this node asks again, or
 * is asked.
 */
#include "postgres.h"

#include "nodes/node_ask.h"
#include "nodes/node_call.h"
#include "nodes/node_return.h"
#include "nodes/this_node.h"
#include "settings.h"

/* How often sp71_steering.node_timeout the coordinator is waited for, which may have to wait for others that long. */
#define NODE_ASK_PATIENCE 2

/* Columns of the answer. */
enum
{
	NODE_ASK_CEILING,
	NODE_ASK_ELSEWHERE,
	NODE_ASK_CHANGE_NUMBER,
	NODE_ASK_UNANSWERED,
	NODE_ASK_COLUMNS
};

/* Raises that it cannot be known in time whether there is room. */
void
node_ask_refuse(int32 cap_id, const char *reason)
{
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("it cannot be known now what other nodes use of cap %d", cap_id),
					errdetail_internal("%s", reason), errhint("The transaction can be repeated.")));
}

/* Gives way where the coordinator, for another node, takes room back: it waits for the counter that is held here. */
static void
node_ask_give_way(int32 cap_id)
{
	if (node_return_is_wanted(cap_id))
		node_ask_refuse(cap_id, _("Room of this node is taken back: another one asks at the same "
								  "time, or one that was asked is busy."));
}

/* Tells whether an error passes: the coordinator is away, or busy, or is being stopped. */
bool
node_ask_passes(int sqlstate)
{
	int category = ERRCODE_TO_CATEGORY(sqlstate);

	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || category == ERRCODE_CONNECTION_EXCEPTION ||
		   category == ERRCODE_TRANSACTION_ROLLBACK || category == ERRCODE_INSUFFICIENT_RESOURCES ||
		   category == ERRCODE_OPERATOR_INTERVENTION;
}

/* Raises what went wrong with a call about a cap: 40001 if it can be repeated, else the coordinator's own SQLSTATE. */
static void
node_ask_raise(int32 cap_id, const NodeCall *call)
{
	const char *reason =
		psprintf(_("Coordinator \"%s\": %s"), call->node->name, node_call_reason(call));

	if (node_ask_passes(call->sqlstate))
		node_ask_refuse(cap_id, reason);
	ereport(ERROR, (errcode(call->sqlstate),
					errmsg("the coordinator does not answer about cap %d", cap_id),
					errdetail_internal("%s", reason)));
}

/* Reads an amount of the answer; false: it is null. */
static bool
node_ask_amount(const char *text, Amount *amount)
{
	if (text == NULL)
		return false;
	if (amount_parse(text, amount) != AMOUNT_OK)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("the coordinator answers \"%s\", which is no amount", text)));
	return true;
}

/* Reads the answer. */
static void
node_ask_read(int32 cap_id, char **answer, NodeRoom *room)
{
	if (answer[NODE_ASK_UNANSWERED] != NULL)
		node_ask_refuse(cap_id, answer[NODE_ASK_UNANSWERED]);
	room->alone = !node_ask_amount(answer[NODE_ASK_CEILING], &room->ceiling);
	room->warns = node_ask_amount(answer[NODE_ASK_ELSEWHERE], &room->elsewhere) && !room->alone;
	if (room->alone && answer[NODE_ASK_ELSEWHERE] == NULL)
		node_ask_refuse(cap_id, _("The coordinator does not say."));
	room->change_number = strtoi64(answer[NODE_ASK_CHANGE_NUMBER], NULL, 10);
}

/*
 * Refuses to book by what the coordinator has changed since: nothing is decided by limits that are not any more. Nor by a
 * change that the coordinator does not know: it may be about to commit that, or not be what it was.
 */
void
node_ask_check_change(int64 number)
{
	int64 applied = this_node_applied();

	if (number > applied)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("this node has not applied all changes of the coordinator"),
				 errdetail("The last is number %lld, and %lld was applied last here.",
						   (long long) number, (long long) applied),
				 errhint("Call steering.catch_up() on this node, and repeat the statement.")));
	if (this_node_id() != NODE_COORDINATOR && number < applied)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("this node has applied changes that the coordinator does not know"),
				 errdetail("The last is number %lld, and the coordinator knows of %lld.",
						   (long long) applied, (long long) number),
				 errhint("Repeat the statement; if that goes on, the coordinator was restored to "
						 "an earlier state, and steering.catch_up() says what to do.")));
}

/* Returns the question as SQL. */
static char *
node_ask_query(int32 cap_id, int32 node_id, Amount used, Amount wanted)
{
	char used_text[AMOUNT_TEXT_LENGTH];
	char wanted_text[AMOUNT_TEXT_LENGTH];

	(void) amount_print(used, used_text);
	(void) amount_print(wanted, wanted_text);
	return psprintf("SELECT ceiling, elsewhere, change_number, unanswered"
					" FROM steering.request_allotment(%d, %d, '%s', '%s')",
					cap_id, node_id, used_text, wanted_text);
}

/*
 * Asks the coordinator for room: usage of this node is to rise from used to wanted, both with what the running
 * transaction has booked, and its allotment is less than that. The caller holds the counter of the cap as a whole, and
 * forgets the answer with the subtransaction in which it asked. 40001: it cannot be known in time.
 */
void
node_ask_for_room(int32 cap_id, Amount used, Amount wanted, NodeRoom *room)
{
	NodeCall call = {.node = node_row_find(NODE_COORDINATOR), .columns = NODE_ASK_COLUMNS};
	int32 here = this_node_id();

	memset(room, 0, sizeof(NodeRoom));
	if (call.node == NULL || here == NODE_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cap %d is judged over nodes, but this database is no node", cap_id),
				 errhint("What makes it one is steering.scale_out() or steering.add_node() on "
						 "the coordinator.")));
	call.query = node_ask_query(cap_id, here, used, wanted);
	node_call_watched(&call, NODE_ASK_PATIENCE * steering_node_timeout, node_ask_give_way, cap_id);
	if (call.error != NULL)
		node_ask_raise(cap_id, &call);
	if (call.rows == NIL)
		node_ask_refuse(cap_id, _("The coordinator does not say."));
	node_ask_read(cap_id, linitial(call.rows), room);
	if (here != NODE_COORDINATOR)
		node_ask_check_change(room->change_number);
}

/*
 * Asks the coordinator for the overrides of a cap, as text of overrides_beside(), and which nodes did not answer it; NULL:
 * none, which is what one of an earlier version knows. Exact for who holds the counter of the cap as a whole; nobody is
 * waited for who may wait for that. 40001: it does not answer in time.
 */
void
node_ask_for_overrides(int32 cap_id, char **overrides, char **unanswered)
{
	NodeCall call = {.node = node_row_find(NODE_COORDINATOR), .columns = 2};

	*overrides = *unanswered = NULL;
	if (call.node == NULL)
		return;
	call.query = psprintf("SELECT overrides::pg_catalog.text, unanswered"
						  " FROM steering.overrides_beside(%d, %d)",
						  cap_id, this_node_id());
	node_call_all(list_make1(&call), NODE_ASK_PATIENCE * steering_node_timeout);
	if (call.sqlstate == ERRCODE_UNDEFINED_FUNCTION)
		return;
	if (call.error != NULL)
		node_ask_raise(cap_id, &call);
	if (call.rows == NIL)
		node_ask_refuse(cap_id, _("The coordinator does not say."));
	*overrides = ((char **) linitial(call.rows))[0];
	*unanswered = ((char **) linitial(call.rows))[1];
}
