/*
 * distribute_query.c
 *	  steering.distribute(): has Citus distribute a source, which stays one; of queries, all tables that they join.
 *
 * Citus distributes no table with triggers, and where a query reads several, all are to be distributed before one can
 * book. So the queries that begin with one table are ended together, and their tables distributed: each by the column
 * that is equal, by the conditions of the joins, to the one that is given of the first, and co-located with it. A table
 * that is joined by no such column becomes a reference table. Then the queries are attached as they were, over shards,
 * by the nodes, which take in what they come to without judging it (sources/moved_bookings.h). All in one transaction,
 * which fails as a whole.
 *
 * Locks. AccessExclusiveLock on the tables of the queries, in their order, to the end of the transaction, as detach()
 * takes it. Then those of moved_bookings.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "mapping/source.h"
#include "queries/attach_query.h"
#include "queries/detach_query.h"
#include "queries/distributed_query.h"
#include "queries/query_join.h"
#include "queries/query_store.h"
#include "queries/query_text.h"
#include "sources/distribute.h"
#include "sources/distribute_tables.h"
#include "sources/distributed_table.h"
#include "sources/moved_bookings.h"
#include "sources/neighbour.h"
#include "sources/source_alias.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

/* Queries that begin with one table. */
typedef struct DistributeQueries
{
	Oid lines;
	AttrNumber column; /* of that, by which it is distributed */
	List *source_ids;
	List *locked; /* of each query, all that belongs to its tables */
	List *asked;  /* of AttachQuery: how they were attached */
	List *tables; /* of DistributeTable */
	/* Of String: the texts of queries with two stages, where the actual one is attached, and where the other one is. */
	List *actual;
	List *commitment;
} DistributeQueries;

/* Returns the first table of the queries that a table stands for, as it does for detach(); InvalidOid: there is none. */
static Oid
distribute_query_lines(Oid relid)
{
	const Source *source = source_by_relation(relid);

	if (source == NULL)
		return query_store_find_lines(relid) == NIL ? InvalidOid : relid;
	return query_store_has(source->source_id) ? linitial_oid(query_store_tables(source->source_id))
											  : InvalidOid;
}

/* Locks the tables of the queries. Others may begin or end until they are locked; 42704: all have ended. */
static void
distribute_query_lock(DistributeQueries *queries)
{
	ListCell *cell;

	do
	{
		queries->source_ids = query_store_find_lines(queries->lines);
		queries->locked = NIL;
		foreach(cell, queries->source_ids)
			neighbour_queue_up(lfirst_int(cell));
		foreach(cell, queries->source_ids)
			queries->locked =
				lappend(queries->locked, detach_query_lock_to_end(lfirst_int(cell), "distribute"));
	} while (!equal(queries->source_ids, query_store_find_lines(queries->lines)));
	if (queries->source_ids == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("relation \"%s\" is no source", name_text_in_message(queries->lines))));
}

/* Finds by which columns the tables of a query are distributed, where its first one is by this; InvalidAttrNumber: by none. */
static AttrNumber *
distribute_query_columns(const BookingQuery *query, AttrNumber column)
{
	AttrNumber *columns = palloc0(query->tables * sizeof(AttrNumber));

	columns[0] = column;
	for (int i = 1; i < query->tables; i++)
		columns[i] = query_join_column(query, i, columns);
	return columns;
}

/* Adds the request by which a query was attached; for one with two stages, that of the actual one. */
static void
distribute_query_add_request(DistributeQueries *queries, const BookingQuery *query)
{
	const Source *source = source_by_relation(query->booking_table);
	AttachQuery *attach = palloc0(sizeof(AttachQuery));
	const char *name = get_rel_name(query->booking_table);

	source_alias_refuse(source);
	attach->text = query_text_print(query->tree);
	if (query->columns[QUERY_STAGE] != NULL && source->is_commitment)
	{
		queries->commitment = lappend(queries->commitment, makeString(pstrdup(attach->text)));
		return;
	}
	if (query->columns[QUERY_STAGE] != NULL)
		queries->actual = lappend(queries->actual, makeString(pstrdup(attach->text)));
	attach->stage = source->is_commitment ? "commitment" : "actual";
	attach->unknown = source->ignores_unknown ? "ignore" : "refuse";
	attach->name =
		strcmp(name, attach_query_name(attach, queries->lines, false)) == 0 ? NULL : name;
	attach->is_moved = true;
	for (int i = 1; i < query->tables; i++)
	{
		if (query->table[i].is_header)
			attach->headers = list_append_unique_oid(attach->headers, query->table[i].relid);
		if (query->table[i].is_promised)
			attach->promised = list_append_unique_oid(attach->promised, query->table[i].relid);
	}
	queries->asked = lappend(queries->asked, attach);
}

/* Adds a query, unless nodes could not judge it by themselves. */
static void
distribute_query_add(DistributeQueries *queries, int32 source_id)
{
	const BookingQuery *query = query_store_load(source_id);
	AttrNumber *columns = distribute_query_columns(query, queries->column);

	if (query->columns[QUERY_REFERENCE] != NULL || query->columns[QUERY_RELEASES] != NULL)
		distributed_table_refuse_orders(queries->lines);
	distributed_query_check_participant(query, columns);
	for (int i = 0; i < query->tables; i++)
		queries->tables = distribute_tables_add(queries->tables, query->table[i].relid, columns[i]);
	distribute_query_add_request(queries, query);
}

/* Refuses a table that books otherwise too, or cannot be distributed. */
static void
distribute_query_check_table(const DistributeQueries *queries, Oid relid)
{
	distribute_check_place(relid, source_tree_list(relid, NoLock));
	if (source_by_relation(relid) != NULL)
		distribute_refuse(relid, _("It is a source itself, besides being read by a query."),
						  _("Detach it, and attach it again after."));
	if (list_difference_int(query_store_find(list_make1_oid(relid)), queries->source_ids) != NIL)
		distribute_refuse(relid, _("A query that begins with another table reads it too."),
						  _("Detach that query, and attach it again after."));
	distribute_tables_check_keys(queries->tables, relid);
}

/* Tells whether of each query with two stages both are attached. */
static bool
distribute_query_is_whole(const DistributeQueries *queries)
{
	return list_length(queries->actual) == list_length(queries->commitment) &&
		   list_difference(queries->actual, queries->commitment) == NIL &&
		   list_difference(queries->commitment, queries->actual) == NIL;
}

/* Checks all tables of the queries, and that they can be attached as they were. */
static void
distribute_query_check(const DistributeQueries *queries)
{
	ListCell *cell;

	foreach(cell, queries->tables)
		distribute_query_check_table(queries, ((DistributeTable *) lfirst(cell))->relid);
	if (!distribute_query_is_whole(queries))
		distribute_refuse(queries->lines, _("Of a query with two stages one is detached."),
						  _("Detach the other, and attach both again after."));
	distribute_check_judged();
}

/* Ends the queries. What they come to is not judged. */
static void
distribute_query_end(const DistributeQueries *queries)
{
	ListCell *source_id;
	ListCell *tables;

	forboth(source_id, queries->source_ids, tables, queries->locked)
		detach_query_forget(lfirst_int(source_id), lfirst(tables));
	detach_query_moved(queries->source_ids);
	CommandCounterIncrement();
}

/* Distributes the tables of the queries that begin with one. */
static void
distribute_queries(Oid lines, const DistributeRequest *request)
{
	DistributeQueries queries = {.lines = lines};
	ListCell *cell;
	List *caps;

	distribute_query_lock(&queries);
	queries.column = distribute_column(lines, request->column);
	foreach(cell, queries.source_ids)
		distribute_query_add(&queries, lfirst_int(cell));
	distribute_query_check(&queries);

	caps = moved_bookings_begin(queries.source_ids);
	distribute_query_end(&queries);
	distribute_tables(queries.tables, request);
	foreach(cell, queries.asked)
		(void) attach_query(lfirst(cell));
	moved_bookings_end(NIL, caps);
}

PG_FUNCTION_INFO_V1(steering_distribute);

/* distribute(source, distribution_column, colocate_with, shard_count): has Citus distribute what books. */
Datum
steering_distribute(PG_FUNCTION_ARGS)
{
	DistributeRequest request;
	Oid lines;

	distribute_read(fcinfo, &request);
	lines = distribute_query_lines(PG_GETARG_OID(0));
	if (OidIsValid(lines))
		distribute_queries(lines, &request);
	else
		distribute_source(fcinfo, &request);
	PG_RETURN_VOID();
}
