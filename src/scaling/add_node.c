/*
 * add_node.c
 *	  add_node() and drop_node(): nodes of the coordinator come and go.
 *
 * What the coordinator has is sent to a node that joins, which commits it before the coordinator knows the node. So
 * after a failure in between the node belongs to nobody that lends to it, and may join again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "call.h"
#include "lending/lending.h"
#include "nodes/elsewhere.h"
#include "nodes/node_call.h"
#include "nodes/this_node.h"
#include "own.h"
#include "scaling/node_text.h"
#include "scaling/outbox.h"
#include "scaling/scale_out.h"

/* How long a node that leaves may take, in milliseconds: it waits for its bookings. One that joins takes any time. */
#define DROP_NODE_TIMEOUT 60000

/* The arguments of add_node(), in order; drop_node() has the first. */
enum
{
	ADD_NODE_NAME,
	ADD_NODE_CONNECTION
};

PG_FUNCTION_INFO_V1(steering_add_node);
PG_FUNCTION_INFO_V1(steering_drop_node);

/* Returns what one row and column of a query is, as text in the caller's memory; NULL: null, or no row. */
static char *
node_look_up(const char *query, const char *name)
{
	return own_spi_look_up(query, TEXTOID, CStringGetTextDatum(name));
}

/* Asks a node to do something. What goes wrong is told in the call. */
static void
node_ask_to(NodeCall *call, int timeout)
{
	call->columns = 1;
	node_call_all(list_make1(call), timeout);
}

/* Raises what a node has answered, or that it has not. */
static void
node_raise(const NodeCall *call)
{
	ereport(ERROR, (errcode(call->sqlstate != 0 ? call->sqlstate : ERRCODE_CONNECTION_FAILURE),
					errmsg("node \"%s\": %s", call->node->name, call->error),
					call->hint == NULL ? 0 : errhint("%s", call->hint)));
}

/*
 * Refuses a name that a node has. Returns the number of the next one: one that none ever had, also none that has joined
 * and of which the coordinator did not learn, or that left unheard. Two nodes with one number would book by one allotment.
 */
static int32
add_node_number(const char *name)
{
	static const char next[] =
		"SELECT setval('steering.node_node_id_seq', greatest(nextval('steering.node_node_id_seq'),"
		" (SELECT max(node_id) + 1 FROM steering.node)))::text WHERE $1 IS NOT NULL";

	if (node_look_up("SELECT node_id::text FROM steering.node WHERE name = $1", name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("node \"%s\" exists already", name)));
	return pg_strtoint32(node_look_up(next, name));
}

/* Returns the coordinator's own row; 55000: somebody has taken it out. */
static const NodeRow *
add_node_head(void)
{
	const NodeRow *head = node_row_find(NODE_COORDINATOR);

	if (head == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the coordinator does not know itself"),
						errhint("Put its row, with number 0, back into steering.node.")));
	return head;
}

/*
 * Refuses a database that is a node of this coordinator by another name, or the coordinator itself: it would be two, each
 * with room of its own. What else is wrong with it is told when it is to join.
 */
static void
add_node_check_new(const NodeRow *node)
{
	static const char query[] =
		"SELECT this_node.node_id::text FROM steering.this_node JOIN steering.node ON node.node_id = 0"
		" WHERE node.connection = %s";
	NodeCall call = {.node = node,
					 .query = psprintf(query, quote_literal_cstr(add_node_head()->connection))};
	const NodeRow *same;

	node_ask_to(&call, 0);
	if (call.error != NULL && ERRCODE_TO_CATEGORY(call.sqlstate) == ERRCODE_CONNECTION_EXCEPTION)
		node_raise(&call);
	if (call.error != NULL || call.rows == NIL)
		return;
	same = node_row_find(pg_strtoint32(((char **) linitial(call.rows))[0]));
	if (same != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("the database is node \"%s\" already", same->name),
				 same->node_id == NODE_COORDINATOR ? 0
												   : errhint("steering.drop_node() ends that.")));
}

/* Returns the statement that has a database join. */
static char *
add_node_query(const NodeRow *node)
{
	const NodeRow *head = add_node_head();
	char *version =
		node_look_up("SELECT extversion FROM pg_extension WHERE extname = $1", "sp71_steering");
	char *body = node_look_up("SELECT steering.change_body($1 IS NOT NULL)::text", "all");

	return psprintf("SELECT steering.join_node(%d, %s, %s, %s, %s, %s, %lld, %s)::text",
					node->node_id, quote_literal_cstr(node->name),
					quote_literal_cstr(node->connection), quote_literal_cstr(head->name),
					quote_literal_cstr(head->connection), quote_literal_cstr(version),
					(long long) outbox_last(), quote_literal_cstr(body));
}

/* Writes that there is a node: what it may use is not known. */
static void
add_node_write(const NodeRow *node)
{
	static const char insert[] =
		"INSERT INTO steering.node (node_id, name, connection) VALUES ($1, $2, $3)";
	static const char lend[] =
		"INSERT INTO steering.lent (cap_id, node_id) SELECT cap_id, $1 FROM steering.cap";
	Oid types[] = {INT4OID, TEXTOID, TEXTOID};
	Datum values[] = {Int32GetDatum(node->node_id), CStringGetTextDatum(node->name),
					  CStringGetTextDatum(node->connection)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(insert, lengthof(types), types, values, NULL);
	(void) own_spi_execute(lend, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* add_node(name, connection) */
Datum
steering_add_node(PG_FUNCTION_ARGS)
{
	NodeRow node = {.name = TextDatumGetCString(node_text_name(fcinfo, ADD_NODE_NAME, "name")),
					.connection = TextDatumGetCString(
						node_text_connection(fcinfo, ADD_NODE_CONNECTION, "connection"))};
	NodeCall call = {.node = &node};

	outbox_exclude_acts();
	scale_require_coordinator();
	outbox_check_committed();
	node.node_id = add_node_number(node.name);
	add_node_check_new(&node);
	call.query = add_node_query(&node);
	node_ask_to(&call, 0);
	if (call.error != NULL)
		node_raise(&call);
	add_node_write(&node);
	PG_RETURN_INT32(node.node_id);
}

/* Returns the node that is to go. */
static NodeRow *
drop_node_find(const char *name)
{
	char *number = node_look_up("SELECT node_id::text FROM steering.node WHERE name = $1", name);

	if (number == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("node \"%s\" does not exist", name)));
	if (pg_strtoint32(number) == NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("node \"%s\" is the coordinator", name),
						errhint("steering.scale_in() ends that, when no other node is left.")));
	return node_row_find(pg_strtoint32(number));
}

/* Lets a node go that does not answer, where it is known that nothing is used there, and nothing that was drawn matters. */
static void
drop_node_unheard(const NodeCall *call)
{
	static const char open[] =
		"SELECT override_id::text FROM steering.override_grant WHERE revoked_at IS NULL"
		" AND until > pg_catalog.statement_timestamp() AND $1 IS NOT NULL LIMIT 1";
	char *override;
	static const char query[] =
		"SELECT 'used' FROM steering.cap JOIN steering.node ON node.name = $1"
		" LEFT JOIN steering.lent ON lent.cap_id = cap.cap_id AND lent.node_id = node.node_id"
		" WHERE lent.ceiling IS NULL OR lent.ceiling::numeric > 0 LIMIT 1";

	if (ERRCODE_TO_CATEGORY(call->sqlstate) != ERRCODE_CONNECTION_EXCEPTION)
		node_raise(call);
	if (node_look_up(query, call->node->name) != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("node \"%s\" does not answer, and may use something of caps",
							   call->node->name),
						errdetail("%s", call->error)));
	override = node_look_up(open, call->node->name);
	if (override != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("node \"%s\" does not answer, and may have drawn of override %s",
						call->node->name, override),
				 errdetail("%s", call->error),
				 errhint("Revoke overrides first; what that node has drawn of them is lost.")));
	ereport(NOTICE, (errmsg("node \"%s\" does not answer, and was lent nothing", call->node->name),
					 errdetail("%s", call->error),
					 errhint("Call steering.leave_node() there when it is back.")));
}

/*
 * Takes over what bookings of a node have drawn of overrides: that stays drawn. The node has left, so it draws no more;
 * where this transaction does not commit, it is taken over when the act is repeated.
 */
static void
drop_node_take_draws(const NodeRow *node)
{
	static const char insert[] =
		"INSERT INTO steering.override_use (override_id, use_number, amount, used, relation,"
		" statement_at, transaction, role_name)"
		" SELECT override_id, use_number, amount, used, format('%s on node \"%s\"', relation, $2),"
		" statement_at, transaction, role_name"
		" FROM jsonb_populate_recordset(NULL::steering.override_use, $1) ORDER BY use_id";
	NodeCall call = {.node = node,
					 .query = "SELECT answer::pg_catalog.text FROM (" ELSEWHERE_DRAWN ") AS told"};
	Oid types[] = {JSONBOID, TEXTOID};
	Datum values[lengthof(types)];
	char *drawn;
	OwnSpi spi;

	node_ask_to(&call, DROP_NODE_TIMEOUT);
	if (call.error != NULL)
		node_raise(&call);
	drawn = ((char **) linitial(call.rows))[0];
	values[0] = DirectFunctionCall1(jsonb_in, CStringGetDatum(drawn));
	values[1] = CStringGetTextDatum(node->name);
	own_spi_begin(&spi);
	(void) own_spi_execute(insert, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Forgets a node. */
static void
drop_node_write(int32 node_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(node_id)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute("DELETE FROM steering.lent WHERE node_id = $1", lengthof(types), types,
						   values, NULL);
	(void) own_spi_execute("DELETE FROM steering.node WHERE node_id = $1", lengthof(types), types,
						   values, NULL);
	own_spi_end(&spi);
}

/* drop_node(name) */
Datum
steering_drop_node(PG_FUNCTION_ARGS)
{
	/* One that has left already, when the coordinator did not learn of it, is none any more. */
	NodeCall call = {.query = "SELECT steering.leave_node()::text FROM steering.this_node"};

	call_check_not_null(PG_ARGISNULL(ADD_NODE_NAME), "name");
	outbox_exclude_acts();
	scale_require_coordinator();

	/* When it joins again it forgets what it has drawn, which is here then. */
	lending_make_durable();
	call.node = drop_node_find(text_to_cstring(PG_GETARG_TEXT_PP(ADD_NODE_NAME)));
	node_ask_to(&call, DROP_NODE_TIMEOUT);
	if (call.error != NULL)
		drop_node_unheard(&call);
	else
		drop_node_take_draws(call.node);
	drop_node_write(call.node->node_id);
	PG_RETURN_VOID();
}
