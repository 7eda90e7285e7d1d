/*
 * own_query.c
 *	  What queries of the extension may call that run as its owner: functions and operators of PostgreSQL and of
 *	  the extension, and nothing else.
 *
 * Names in them are looked up in pg_catalog alone, for which settings are pinned (own_spi.c). This does not rely on
 * that: when such a query is parsed, each function that it has come to is looked at, also those behind operators,
 * casts, IN, CASE, USING, DISTINCT and ORDER BY, which a text cannot qualify. What views and functions of ours
 * contain was resolved when they were created.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "utils/lsyscache.h"

#include "own_query.h"

static post_parse_analyze_hook_type own_query_next_hook = NULL;
static const char *own_query_expected =
	NULL; /* the text that is about to be parsed; NULL: none of ours */

/* Tells whether a function is neither PostgreSQL's nor the extension's. */
static bool
own_query_is_foreign(Oid function, void *context)
{
	return function >= FirstNormalObjectId &&
		   get_func_namespace(function) != get_namespace_oid(STEERING_SCHEMA, true);
}

/* Raises that a query calls what it must not. */
static void
own_query_refuse(Oid function)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg("a query of extension \"sp71_steering\" would call function \"%s\" as its owner",
				get_func_name(function)),
		 errhint("Somebody has made that function, or an operator or a cast with it, in the schema "
				 "pg_catalog. Drop it.")));
}

/* Refuses a function that is foreign; for check_functions_in_node(). */
static bool
own_query_check_function(Oid function, void *context)
{
	if (OidIsValid(function) && own_query_is_foreign(function, context))
		own_query_refuse(function);
	return false;
}

/* Refuses what a query, or a part of it, must not call. */
static bool
own_query_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SortGroupClause))
	{
		(void) own_query_check_function(get_opcode(((SortGroupClause *) node)->eqop), NULL);
		(void) own_query_check_function(get_opcode(((SortGroupClause *) node)->sortop), NULL);
		return false;
	}
	(void) check_functions_in_node(node, own_query_check_function, NULL);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, own_query_walker, NULL, QTW_EXAMINE_SORTGROUP);
	return expression_tree_walker(node, own_query_walker, NULL);
}

/* Follows the analysis of a query, before its views are expanded. */
static void
own_query_analyzed(ParseState *state, Query *query, JumbleState *jumble)
{
	if (unlikely(own_query_expected != NULL) && own_query_expected == state->p_sourcetext)
	{
		own_query_expected = NULL;
		(void) own_query_walker((Node *) query, NULL);
	}
	if (own_query_next_hook != NULL)
		own_query_next_hook(state, query, jumble);
}

/* Registers the hook; called once, when the library is loaded. */
void
own_query_register_hook(void)
{
	own_query_next_hook = post_parse_analyze_hook;
	post_parse_analyze_hook = own_query_analyzed;
}

/* Has the query with this text looked at when it is parsed, which is next. */
void
own_query_expect(const char *query)
{
	own_query_expected = query;
}

/* Runs a query under the active snapshot, within own_spi. Returns the number of rows; they are in SPI_tuptable. */
uint64
own_query_read(const char *query, int nargs, Oid *types, Datum *values)
{
	int result;

	own_query_expect(query);
	result = SPI_execute_with_args(query, nargs, types, values, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}
