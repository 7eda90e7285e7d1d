/*
 * detach_query.c
 *	  steering.detach() and reattach(), of sources with a query and others: how queries end, and are put in order.
 *
 * A query may be named by its booking table, or by its first table where that has one query and is no source itself.
 * To drop triggers takes AccessExclusiveLock on the tables of the query, in their order, before anything else.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "queries/booking_guard.h"
#include "queries/booking_pairs.h"
#include "queries/booking_table.h"
#include "queries/detach_query.h"
#include "queries/distributed_query.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "sources/reattach.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

extern Datum steering_detach(PG_FUNCTION_ARGS);
extern Datum steering_reattach(PG_FUNCTION_ARGS);

/* Returns the source with this number. */
static Source *
detach_query_source(int32 source_id)
{
	List *sources = source_list();
	ListCell *cell;

	foreach(cell, sources)
		if (((Source *) lfirst(cell))->source_id == source_id)
			return lfirst(cell);
	elog(ERROR, "source %d of a query is missing", source_id);
	return NULL;
}

/* Raises that more than one query begins with a table. */
static void
detach_query_refuse(Oid relid, List *sources)
{
	ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_PARAMETER),
					errmsg("table \"%s\" is the first of more than one query",
						   name_text_in_message(relid)),
					errhint("Name the booking table, such as \"%s\".",
							detach_query_source(linitial_int(sources))->name)));
}

/*
 * Returns the source that a table stands for: its own, or that of the only query that it is the first table of. NULL:
 * none.
 */
static Source *
detach_query_named(Oid relid)
{
	Source *source = source_by_relation(relid);
	List *sources;

	if (source != NULL)
		return source;
	sources = query_store_find_lines(relid);
	if (list_length(sources) > 1)
		detach_query_refuse(relid, sources);
	return sources == NIL ? NULL : detach_query_source(linitial_int(sources));
}

/* Locks the tables of a query that are there, and returns them with all that belong to them. */
static List *
detach_query_lock(int32 source_id, LOCKMODE lockmode)
{
	List *roots = query_store_tables(source_id);
	List *tables = NIL;
	ListCell *cell;

	foreach(cell, roots)
	{
		Relation rel = try_relation_open(lfirst_oid(cell), lockmode);

		if (rel == NULL)
			continue;
		relation_close(rel, NoLock);
		tables = list_concat_unique_oid(tables, source_tree_list(lfirst_oid(cell), lockmode));
	}
	return tables;
}

/* Locks the tables of a query that is to end, and returns them. Checks that this session uses none; verb: what it wants. */
List *
detach_query_lock_to_end(int32 source_id, const char *verb)
{
	List *tables = detach_query_lock(source_id, AccessExclusiveLock);
	ListCell *cell;

	foreach(cell, tables)
	{
		Relation rel = relation_open(lfirst_oid(cell), NoLock);

		CheckTableNotInUse(rel, verb);
		relation_close(rel, NoLock);
	}
	return tables;
}

/* Forgets a query, and has its tables followed no more that stand in no other. They are locked. */
void
detach_query_forget(int32 source_id, List *tables)
{
	ListCell *cell;

	query_store_delete(source_id);
	CommandCounterIncrement();
	foreach(cell, tables)
		if (query_store_find(query_store_above(lfirst_oid(cell))) == NIL)
			query_trigger_drop(lfirst_oid(cell));
}

/* Forgets the queries whose source is gone, as their booking table is. */
void
detach_query_lost(void)
{
	List *lost = query_store_find_lost();
	ListCell *cell;

	foreach(cell, lost)
		detach_query_forget(lfirst_int(cell), detach_query_lock_to_end(lfirst_int(cell), "detach"));
}

/* Raises that a source, which is called as it was when it was looked for, is detached by another session meanwhile. */
static void
detach_query_require(int32 source_id, const char *name)
{
	if (!query_store_has(source_id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("relation \"%s\" is no source", name)));
}

/* Calls a function with the table of a source as its argument. */
static void
detach_query_call(PGFunction function, Oid relid)
{
	(void) DirectFunctionCall1(function, ObjectIdGetDatum(relid));
}

/* Ends a query, whose tables are locked, with its source and the booking table of that. */
static void
detach_query_end(const Source *source, List *tables)
{
	detach_query_call(steering_detach, source->relid);
	detach_query_forget(source->source_id, tables);
	booking_table_drop(source->relid);
}

/*
 * Ends sources with booking tables whose bookings nodes take over in this transaction. Their queries, if they have any, are
 * forgotten before.
 */
void
detach_query_moved(List *source_ids)
{
	ListCell *cell;

	foreach(cell, source_ids)
	{
		Source *source = detach_query_source(lfirst_int(cell));

		(void) source_tree_list(source->relid, AccessExclusiveLock);
		detach_moved(source);
		booking_table_drop(source->relid);
	}
}

/* Ends the query of a source. */
void
detach_query(int32 source_id)
{
	const Source *source = detach_query_source(source_id);

	detach_query_end(source, detach_query_lock_to_end(source_id, "detach"));
}

PG_FUNCTION_INFO_V1(steering_detach_source);

/*
 * detach(source): ends a source; with its query, if it has one, and the booking table of that. A distributed table that
 * is no source may be the first of queries, which end on all nodes.
 */
Datum
steering_detach_source(PG_FUNCTION_ARGS)
{
	Source *source = PG_ARGISNULL(0) ? NULL : detach_query_named(PG_GETARG_OID(0));
	const char *name;
	List *tables;

	if (source == NULL && !PG_ARGISNULL(0) && distributed_query_detach(PG_GETARG_OID(0)))
		PG_RETURN_VOID();
	if (source == NULL || !query_store_has(source->source_id))
		return steering_detach(fcinfo);
	table_owner_require(source->relid);
	name = name_text_in_message(PG_GETARG_OID(0));
	tables = detach_query_lock_to_end(source->source_id, "detach");
	detach_query_require(source->source_id, name);
	detach_query_end(source, tables);
	PG_RETURN_VOID();
}

/* Makes the triggers that are missing from the tables of a query. */
static void
detach_query_mend_triggers(List *tables)
{
	ListCell *cell;

	foreach(cell, tables)
	{
		Relation rel = relation_open(lfirst_oid(cell), NoLock);

		query_trigger_create(rel);
		relation_close(rel, NoLock);
	}
}

PG_FUNCTION_INFO_V1(steering_reattach_source);

/* reattach(source): puts a source in order; with its query, if it has one. */
Datum
steering_reattach_source(PG_FUNCTION_ARGS)
{
	Source *source = PG_ARGISNULL(0) ? NULL : detach_query_named(PG_GETARG_OID(0));
	BookingQuery *query;
	const char *name;
	List *tables;

	if (source == NULL || !query_store_has(source->source_id))
		return steering_reattach(fcinfo);
	table_owner_require(source->relid);
	name = name_text_in_message(PG_GETARG_OID(0));
	tables = detach_query_lock(source->source_id, ShareRowExclusiveLock);
	detach_query_require(source->source_id, name);
	query = query_store_load(source->source_id);
	detach_query_mend_triggers(tables);
	LockRelationOid(source->relid, ShareRowExclusiveLock);
	booking_guard_create(source->relid);
	query_store_tree(query);
	booking_table_depend(query);
	booking_table_own(query);
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_UNBOOKED);
	detach_query_call(steering_reattach, source->relid);
	PG_RETURN_VOID();
}
