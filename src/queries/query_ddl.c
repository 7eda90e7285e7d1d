/*
 * query_ddl.c
 *	  Following what DDL does to the tables of queries, by event triggers of their own. Those of sources come first, by
 *	  their names.
 *
 * As for sources, states are compared and no commands interpreted: a table of a tree that has no triggers has joined,
 * one that has triggers and belongs to no query has left. Where that is so, or values were rewritten, or columns are
 * of other types, all rows are compared anew, with the tables of the query locked as attach_query() locks them.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/mapping.h"
#include "mapping/source.h"
#include "own.h"
#include "queries/booking_guard.h"
#include "queries/booking_pairs.h"
#include "queries/booking_table.h"
#include "queries/query_check.h"
#include "queries/query_command.h"
#include "queries/query_fix.h"
#include "queries/query_join.h"
#include "queries/query_lock.h"
#include "queries/query_need.h"
#include "queries/query_restore.h"
#include "queries/query_shard.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "rules/rulebook.h"
#include "sources/follow.h"
#include "sources/rewritten_table.h"
#include "sources/source_table_check.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

/* The tables that the commands behind the present event have touched. */
#define QUERY_DDL_TABLES                                                                           \
	"SELECT DISTINCT objid FROM pg_catalog.pg_event_trigger_ddl_commands() "                       \
	"WHERE classid = 'pg_catalog.pg_class'::regclass ORDER BY 1"

/* Tables that have triggers of queries. */
#define QUERY_DDL_FOLLOWED                                                                         \
	"SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger "                                          \
	"WHERE tgfoid = 'steering.follow_query'::regproc AND tgnargs = 0 ORDER BY 1"

/* A command that is followed. */
typedef struct QueryDdl
{
	CommandTag tag;
	List *rewritten;
	List *needing; /* sources whose queries need what it has touched, but for tables */
	bool adds;     /* it can put a table below another */
	bool left;     /* a table has left a tree */
} QueryDdl;

/* Locks the tables of a query, and returns of each itself and all that belong to it. */
static List *
query_ddl_trees(const BookingQuery *query)
{
	List *trees = NIL;

	for (int i = 0; i < query->tables; i++)
	{
		LockRelationOid(query->table[i].relid, ShareRowExclusiveLock);
		trees = lappend(trees, source_tree_list(query->table[i].relid, ShareRowExclusiveLock));
	}
	return trees;
}

/* Gives triggers to those tables that have none. Returns whether there were such: they have joined. */
static bool
query_ddl_take_in(List *tables)
{
	bool joined = false;
	ListCell *cell;

	foreach(cell, tables)
	{
		Relation rel = relation_open(lfirst_oid(cell), NoLock);

		if (!query_trigger_exists(rel))
		{
			source_table_check(rel);
			query_trigger_create(rel);
			joined = true;
		}
		relation_close(rel, NoLock);
	}
	return joined;
}

/* Tells whether any of the objects is in a list of them. */
static bool
query_ddl_has_any(List *objects, List *of)
{
	ListCell *cell;

	foreach(cell, objects)
		if (list_member_oid(of, lfirst_oid(cell)))
			return true;
	return false;
}

/* Tells whether rows of a query may come to something else than before. Takes in tables that have joined. */
static bool
query_ddl_has_changed(const QueryDdl *ddl, const BookingQuery *query, List *trees)
{
	bool changed = ddl->left || list_member_int(ddl->needing, query->source_id);
	ListCell *cell;

	foreach(cell, trees)
	{
		changed |= ddl->adds && query_ddl_take_in(lfirst(cell));
		changed |= query_ddl_has_any(ddl->rewritten, lfirst(cell));
	}
	return changed;
}

/* Brings a query in step with its tables. Raises what it could not work with any more. */
static void
query_ddl_follow_query(const QueryDdl *ddl, int32 source_id)
{
	BookingQuery *query;
	List *trees;
	bool changed;

	if (!query_trigger_are_made(query_store_tables(source_id)))
		return;
	query = query_store_load(source_id);
	if (query == NULL)
		return;
	trees = query_ddl_trees(query);
	changed = query_ddl_has_changed(ddl, query, trees);
	if (!booking_query_fits(query))
	{
		query = query_fix_anew(query, trees);
		changed = true;
	}
	booking_table_own(query);
	query_check_tables(query, trees);
	query_join_check(query, false);
	if (!changed)
		return;
	query_check_expressions(query);
	rulebook_enter_booking();
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_OF_COMMAND);
}

/* Says in errors which command and which query they are about. */
static void
query_ddl_follow_one(const QueryDdl *ddl, int32 source_id)
{
	FollowContext context = {query_store_name(source_id), ddl->tag};
	ErrorContextCallback callback;

	follow_push_context(&callback, &context);
	query_ddl_follow_query(ddl, source_id);
	follow_pop_context(&callback);
}

/* Lets go the tables that belong to no query any more. Returns whether there were such. */
static bool
query_ddl_let_go(void)
{
	List *followed = own_spi_oids(QUERY_DDL_FOLLOWED, 0, NULL, NULL);
	bool left = false;
	ListCell *cell;

	foreach(cell, followed)
	{
		Oid relid = lfirst_oid(cell);

		if (query_store_find(query_store_above(relid)) != NIL)
			continue;
		LockRelationOid(relid, AccessExclusiveLock);
		query_trigger_drop(relid);
		left = true;
	}
	return left;
}

/* Returns the sources with queries whose booking tables are among these tables. */
static List *
query_ddl_of_booking_tables(List *tables)
{
	List *sources = source_list();
	List *found = NIL;
	ListCell *cell;

	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);

		if (list_member_oid(tables, source->relid) && query_store_has(source->source_id))
			found = lappend_int(found, source->source_id);
	}
	return found;
}

/* Returns a query; NULL: there is none, or it is being restored. */
static BookingQuery *
query_ddl_load(int32 source_id)
{
	return query_trigger_are_made(query_store_tables(source_id)) ? query_store_load(source_id)
																 : NULL;
}

/* Returns the sources whose queries the command has touched, in order. */
static List *
query_ddl_touched(const QueryDdl *ddl)
{
	List *touched = own_spi_oids(QUERY_DDL_TABLES, 0, NULL, NULL);
	List *tables = list_copy(ddl->rewritten);
	List *sources;
	ListCell *cell;

	if (ddl->left)
		return query_store_list_all();
	foreach(cell, touched)
		tables = list_concat_unique_oid(tables, query_store_above(lfirst_oid(cell)));
	sources =
		list_concat_unique_int(query_store_find(tables), query_ddl_of_booking_tables(touched));
	sources = list_concat_unique_int(sources, ddl->needing);
	list_sort(sources, list_int_cmp);
	return sources;
}

/* Writes the texts of queries anew, where names in them have changed. */
static void
query_ddl_follow_names(void)
{
	List *sources = query_store_list_all();
	ListCell *cell;

	foreach(cell, sources)
	{
		BookingQuery *query = query_ddl_load(lfirst_int(cell));

		if (query != NULL && booking_query_fits(query))
			query_store_rename(query);
	}
}

/* Has all sessions make the plans of functions anew: what an immutable one came to may be part of them. */
static void
query_ddl_forget_plans(void)
{
	mapping_invalidate();
	CommandCounterIncrement();
}

/* Follows a command that can change queries. */
static void
query_ddl_follow(const EventTriggerData *event)
{
	QueryDdl ddl = {event->tag, list_copy(rewritten_table_list())};
	List *sources;
	ListCell *cell;

	if (query_store_list_all() == NIL)
		return;
	if (IsA(event->parsetree, RenameStmt) || IsA(event->parsetree, AlterObjectSchemaStmt) ||
		IsA(event->parsetree, AlterEnumStmt))
		query_ddl_follow_names();
	ddl.adds = query_command_adds(event->parsetree);
	ddl.needing = query_need_touched();
	if (ddl.needing != NIL)
		query_ddl_forget_plans();
	ddl.left = !query_restore_any() && query_ddl_let_go();
	sources = query_ddl_touched(&ddl);
	foreach(cell, sources)
		if (query_restore_goes_on(lfirst_int(cell)))
			query_restore_follow(lfirst_int(cell));
		else if (ddl.left || !query_command_only_constrains(event->parsetree))
			query_ddl_follow_one(&ddl, lfirst_int(cell));
	(void) rewritten_table_take(ddl.rewritten);
}

/* Raises that a trigger of a table of a query is not to be made, replaced or renamed like that. */
static void
query_ddl_refuse_trigger(Oid relid, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME),
					errmsg("trigger \"%s\" of table \"%s\" is the extension's alone", name,
						   name_text_in_message(relid)),
					errdetail("It cannot be made, replaced or renamed by hand."),
					errhint("Take another name. What is missing, steering.reattach() makes.")));
}

/* Refuses a command that left a false trigger on a table of a query. */
static void
query_ddl_guard_trigger(const RangeVar *relation, const char *name)
{
	Oid relid = RangeVarGetRelid(relation, NoLock, true);
	Relation rel;

	if (!OidIsValid(relid) || query_store_find(query_store_above(relid)) == NIL)
		return;
	rel = table_open(relid, AccessShareLock);
	if (query_trigger_is_false(rel, name))
		query_ddl_refuse_trigger(relid, name);
	table_close(rel, NoLock);
}

/*
 * Fixes the meaning of queries whose tables were just restored from a dump; asked by the commands that lock a table
 * so that others do not wait for it, or that make what is wanted. What has none then is left for health().
 */
static void
query_ddl_follow_restore(const RangeVar *relation)
{
	Oid relid = RangeVarGetRelid(relation, NoLock, true);
	List *sources = OidIsValid(relid) ? query_store_find(query_store_above(relid)) : NIL;
	ListCell *cell;

	foreach(cell, sources)
		if (query_restore_goes_on(lfirst_int(cell)))
			query_restore_follow(lfirst_int(cell));
}

PG_FUNCTION_INFO_V1(steering_follow_query_ddl);

/* Event trigger at ddl_command_end. */
Datum
steering_follow_query_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.follow_query_ddl");
	const Node *command = event->parsetree;

	if (!own_installed() || !own_has_relation(OWN_QUERY))
		PG_RETURN_NULL();
	booking_guard_after_ddl(event);
	if (IsA(command, CreateTrigStmt) && !query_shard_follow(command))
	{
		const CreateTrigStmt *statement = (const CreateTrigStmt *) command;

		query_ddl_guard_trigger(statement->relation, statement->trigname);
		if (query_trigger_is_ours(statement->trigname))
			query_ddl_follow_restore(statement->relation);
	}
	else if (IsA(command, RuleStmt))
		query_ddl_follow_restore(((const RuleStmt *) command)->relation);
	else if (IsA(command, CreatePolicyStmt))
		query_ddl_follow_restore(((const CreatePolicyStmt *) command)->table);
	else if (IsA(command, RenameStmt) &&
			 ((const RenameStmt *) command)->renameType == OBJECT_TRIGGER)
		query_ddl_guard_trigger(((const RenameStmt *) command)->relation,
								((const RenameStmt *) command)->newname);
	else if (follow_can_change_sources(command))
		query_ddl_follow(event);
	PG_RETURN_NULL();
}
