/*
 * rewritten_table.c
 *	  The tables that this transaction rewrites: their rows have new values, which no trigger saw.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "mapping/source.h"
#include "own.h"
#include "sources/follow.h"
#include "sources/rewritten_table.h"

/* Tables that this transaction rewrites; lives in TopTransactionContext. */
static List *rewritten_tables = NIL;
static bool rewritten_tables_are_tied = false;
static MemoryContextCallback rewritten_tables_reset;

/* Returns the tables that were rewritten and not taken yet. */
List *
rewritten_table_list(void)
{
	return rewritten_tables;
}

/* Tells whether any of these tables was rewritten, and forgets that they were. */
bool
rewritten_table_take(List *relids)
{
	List *others = list_difference_oid(rewritten_tables, relids);
	bool rewritten = list_length(others) < list_length(rewritten_tables);
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	Assert(!rewritten || rewritten_tables_are_tied);
	if (rewritten)
		rewritten_tables = list_copy(others);
	MemoryContextSwitchTo(caller);
	return rewritten;
}

/* Forgets the list with the memory that it lives in. */
static void
rewritten_table_forget_all(void *arg)
{
	rewritten_tables = NIL;
	rewritten_tables_are_tied = false;
}

PG_FUNCTION_INFO_V1(steering_follow_rewrite);

/*
 * Event trigger at table_rewrite: notes the table for follow_ddl(), which sees its new values. A list
 * that outlives the abort of a subtransaction leads to counting once more, and to no harm.
 */
Datum
steering_follow_rewrite(PG_FUNCTION_ARGS)
{
	MemoryContext caller;
	Oid relid;

	(void) follow_event(fcinfo, "steering.follow_rewrite");
	if (!own_installed() || source_list() == NIL)
		PG_RETURN_NULL();

	relid = DatumGetObjectId(DirectFunctionCall1(pg_event_trigger_table_rewrite_oid, (Datum) 0));
	caller = MemoryContextSwitchTo(TopTransactionContext);
	if (!rewritten_tables_are_tied)
	{
		rewritten_tables_are_tied = true;
		rewritten_tables_reset.func = rewritten_table_forget_all;
		MemoryContextRegisterResetCallback(TopTransactionContext, &rewritten_tables_reset);
	}
	rewritten_tables = list_append_unique_oid(rewritten_tables, relid);
	MemoryContextSwitchTo(caller);
	PG_RETURN_NULL();
}
