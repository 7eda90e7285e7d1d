/*
 * query_detach_guard.c
 *	  DETACH PARTITION CONCURRENTLY of tables of queries: judged before it begins, as sources/detach_guard.c does for
 *	  those of sources, and for the same reason.
 *
 * All rows are compared as if the partition were gone, in a subtransaction that is rolled back. Who writes the tables
 * waits for that, but no longer.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/guc.h"

#include "own.h"
#include "queries/booking_guard.h"
#include "queries/booking_pairs.h"
#include "queries/query_lock.h"
#include "queries/query_place.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "rules/rulebook.h"
#include "sources/detach_guard.h"
#include "sources/follow.h"
#include "sources/source_tree.h"
#include "subtransaction.h"

#define OID_NOT_EQUAL_OPERATOR 608

/* Tables that are to leave a table of a query. */
typedef struct LeavingTables
{
	BookingQuery *query;
	int index; /* of the table of the query, where it stands first */
	List *tables;
} LeavingTables;

/* Adds to a condition that rows are in none of the tables. */
static Node *
query_guard_condition(const LeavingTables *leaving, int index, Node *condition)
{
	ListCell *cell;

	foreach(cell, leaving->tables)
	{
		Var *tableoid = makeVar(index + 1, TableOidAttributeNumber, OIDOID, -1, InvalidOid, 0);
		Const *table = makeConst(OIDOID, -1, InvalidOid, sizeof(Oid),
								 ObjectIdGetDatum(lfirst_oid(cell)), false, true);

		condition =
			make_and_qual(condition, (Node *) make_opclause(OID_NOT_EQUAL_OPERATOR, BOOLOID, false,
															(Expr *) tableoid, (Expr *) table,
															InvalidOid, InvalidOid));
	}
	return condition;
}

/* Compares all rows without those of the tables. Warnings are kept back: the command gives them when it ends. */
static void
query_guard_work(void *argument)
{
	const LeavingTables *leaving = argument;
	BookingQuery *query = leaving->query;

	(void) NewGUCNestLevel();
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) query_lock_tables(query, ShareRowExclusiveLock);
	if (leaving->index == 0)
		query->counts = query_guard_condition(leaving, 0, query->counts);
	for (int i = leaving->index; i > 0; i = query_place_next(query, i))
		query->table[i].condition = query_guard_condition(leaving, i, query->table[i].condition);
	rulebook_enter_booking();
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_OF_COMMAND);
}

/* Tries what a query comes to without some tables, and raises what that raises. */
static void
query_guard_try(int32 source_id, List *above, List *tables)
{
	LeavingTables leaving = {query_store_load(source_id), 0, tables};
	ErrorData *error;

	if (leaving.query == NULL)
		return;
	while (leaving.index < leaving.query->tables &&
		   !list_member_oid(above, leaving.query->table[leaving.index].relid))
		leaving.index++;
	if (leaving.index == leaving.query->tables)
		return;
	error = subtransaction_do(query_guard_work, &leaving, SUBTRANSACTION_UNDO);
	if (error != NULL)
		ReThrowError(error);
}

/* Judges the detaching of a partition with all below it, if it belongs to a query. */
static void
query_guard_judge(Oid parent, Oid partition, CommandTag tag)
{
	List *above = query_store_above(parent);
	List *sources = query_store_find(above);
	ListCell *cell;

	foreach(cell, sources)
	{
		FollowContext context = {query_store_name(lfirst_int(cell)), tag};
		ErrorContextCallback callback;

		if (!query_trigger_are_made(query_store_tables(lfirst_int(cell))))
			continue;
		follow_push_context(&callback, &context);
		query_guard_try(lfirst_int(cell), above, source_tree_list(partition, NoLock));
		follow_pop_context(&callback);
	}
}

PG_FUNCTION_INFO_V1(steering_guard_query_detach);

/* Event trigger at ddl_command_start. */
Datum
steering_guard_query_detach(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.guard_query_detach");
	Oid partition;
	Oid parent;

	booking_guard_before_ddl(event);
	if (!detach_guard_is_concerned(event->parsetree) || !own_installed() ||
		!own_has_relation(OWN_QUERY))
		PG_RETURN_NULL();
	partition = detach_guard_find(event->parsetree, &parent);
	if (OidIsValid(partition))
		query_guard_judge(parent, partition, event->tag);
	PG_RETURN_NULL();
}
