/*
 * node_query.c
 *	  node_query(): runs one query on nodes, and returns their rows as JSON.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "nodes/node_call.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(steering_node_query);

/* Raises 42704 when one of the numbers is no node's. */
static void
node_query_check_all(ArrayType *numbers, List *nodes)
{
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(numbers, INT4OID, sizeof(int32), true, TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		bool found = false;
		ListCell *cell;

		call_check_not_null(nulls[i], "nodes");
		foreach(cell, nodes)
			found = found || ((NodeRow *) lfirst(cell))->node_id == DatumGetInt32(values[i]);
		if (!found)
			node_row_missing(DatumGetInt32(values[i]));
	}
}

/* Returns the nodes to ask: all, where none are named. */
static List *
node_query_nodes(FunctionCallInfo fcinfo)
{
	List *nodes;

	if (PG_ARGISNULL(1))
		return node_row_list((Datum) 0, true);
	nodes = node_row_list(PG_GETARG_DATUM(1), false);
	node_query_check_all(PG_GETARG_ARRAYTYPE_P(1), nodes);
	return nodes;
}

/* Returns how long to wait, in milliseconds; 0: for ever. */
static int
node_query_timeout(FunctionCallInfo fcinfo)
{
	int timeout = PG_ARGISNULL(2) ? steering_node_timeout : PG_GETARG_INT32(2);

	if (timeout < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("timeout must not be negative, but is %d", timeout)));
	return timeout;
}

/* Makes a call for each node. */
static List *
node_query_calls(List *nodes, const char *query)
{
	const char *wrapped =
		psprintf("WITH sp71_query AS (%s\n) SELECT pg_catalog.to_jsonb(sp71_row)::pg_catalog.text"
				 " FROM sp71_query AS sp71_row",
				 query);
	List *calls = NIL;
	ListCell *cell;

	foreach(cell, nodes)
	{
		NodeCall *call = palloc0(sizeof(NodeCall));

		call->node = lfirst(cell);
		call->query = wrapped;
		call->columns = 1;
		calls = lappend(calls, call);
	}
	return calls;
}

/* Puts a row into the result. */
static void
node_query_put(ReturnSetInfo *result, const NodeCall *call, const char *row)
{
	Datum values[3] = {Int32GetDatum(call->node->node_id)};
	bool nulls[3] = {false, row == NULL, call->error == NULL};

	if (row != NULL)
		values[1] = DirectFunctionCall1(jsonb_in, CStringGetDatum(row));
	if (call->error != NULL)
		values[2] = CStringGetTextDatum(call->error);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts what a node has answered into the result. */
static void
node_query_put_all(ReturnSetInfo *result, const NodeCall *call)
{
	ListCell *cell;

	if (call->error != NULL)
		node_query_put(result, call, NULL);
	foreach(cell, call->rows)
	{
		CHECK_FOR_INTERRUPTS();
		node_query_put(result, call, ((char **) lfirst(cell))[0]);
	}
}

/* node_query(): a row for each row that a node returns, and one for each node that returns none for an error */
Datum
steering_node_query(PG_FUNCTION_ARGS)
{
	List *calls;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	call_check_not_null(PG_ARGISNULL(0), "query");
	calls = node_query_calls(node_query_nodes(fcinfo), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	node_call_all(calls, node_query_timeout(fcinfo));
	foreach(cell, calls)
		node_query_put_all((ReturnSetInfo *) fcinfo->resultinfo, lfirst(cell));
	PG_RETURN_NULL();
}
