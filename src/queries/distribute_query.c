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
#include "own.h"
#include "queries/attach_query.h"
#include "queries/detach_query.h"
#include "queries/distributed_query.h"
#include "queries/query_join.h"
#include "queries/query_store.h"
#include "queries/query_text.h"
#include "sources/citus_distribute.h"
#include "sources/distribute.h"
#include "sources/distributed_table.h"
#include "sources/moved_bookings.h"
#include "sources/neighbour.h"
#include "sources/source_alias.h"
#include "sources/source_tree.h"
#include "types/name_text.h"

/* Tables to which a table refers by foreign keys, and those that refer to it. */
#define DISTRIBUTE_REFERRED                                                                        \
	"SELECT confrelid FROM pg_catalog.pg_constraint WHERE conrelid = $1 AND contype = 'f'"
#define DISTRIBUTE_REFERRING                                                                       \
	"SELECT conrelid FROM pg_catalog.pg_constraint WHERE confrelid = $1 AND contype = 'f'"

/* A table that is to be distributed. */
typedef struct DistributeTable
{
	Oid relid;
	AttrNumber column; /* by which; InvalidAttrNumber: it becomes a reference table */
} DistributeTable;

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

/* Adds a table that is distributed by a column; one that stands in several places, by the one that is that of all. */
static void
distribute_query_add_table(DistributeQueries *queries, Oid relid, AttrNumber column)
{
	DistributeTable *table;
	ListCell *cell;

	foreach(cell, queries->tables)
	{
		table = lfirst(cell);
		if (table->relid != relid)
			continue;
		if (table->column != column)
			table->column = InvalidAttrNumber;
		return;
	}
	table = palloc(sizeof(DistributeTable));
	table->relid = relid;
	table->column = column;
	queries->tables = lappend(queries->tables, table);
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
		distribute_query_add_table(queries, query->table[i].relid, columns[i]);
	distribute_query_add_request(queries, query);
}

/* Returns the tables of the queries by their oids. */
static List *
distribute_query_relids(const DistributeQueries *queries)
{
	List *relids = NIL;
	ListCell *cell;

	foreach(cell, queries->tables)
		relids = lappend_oid(relids, ((const DistributeTable *) lfirst(cell))->relid);
	return relids;
}

/* Returns tables that foreign keys of a table, or to it, lead to. */
static List *
distribute_query_keys(const char *query, Oid relid)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};

	return own_spi_oids(query, lengthof(types), types, values);
}

/*
 * Refuses a table to which one that is not distributed with it refers: that would look for rows where they are not any
 * more.
 */
static void
distribute_query_check_keys(const DistributeQueries *queries, Oid relid)
{
	List *others = list_difference_oid(distribute_query_keys(DISTRIBUTE_REFERRING, relid),
									   distribute_query_relids(queries));

	if (others != NIL)
		distribute_refuse(relid,
						  psprintf(_("Table \"%s\" refers to it by a foreign key."),
								   name_text_in_message(linitial_oid(others))),
						  _("Drop the foreign key. After, Citus takes it where it can."));
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
	distribute_query_check_keys(queries, relid);
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

/* Tells whether a table refers by a foreign key to one of these, besides itself. */
static bool
distribute_query_refers(Oid relid, List *others)
{
	List *referred = distribute_query_keys(DISTRIBUTE_REFERRED, relid);
	ListCell *cell;

	foreach(cell, referred)
		if (lfirst_oid(cell) != relid && list_member_oid(others, lfirst_oid(cell)))
			return true;
	return false;
}

/* Returns the first of these tables that refers to none of the others; where all do, the first. */
static DistributeTable *
distribute_query_next(List *tables, List *relids)
{
	ListCell *cell;

	foreach(cell, tables)
		if (!distribute_query_refers(((DistributeTable *) lfirst(cell))->relid, relids))
			return lfirst(cell);
	return linitial(tables);
}

/*
 * Puts the tables into the order in which Citus takes them: reference tables first, and each after those to which it refers
 * by foreign keys.
 */
static void
distribute_query_order(DistributeQueries *queries)
{
	List *relids = distribute_query_relids(queries);
	List *rest = NIL;
	List *ordered = NIL;
	ListCell *cell;

	foreach(cell, queries->tables)
		if (((DistributeTable *) lfirst(cell))->column == InvalidAttrNumber)
			rest = lappend(rest, lfirst(cell));
	rest = list_concat_unique_ptr(rest, queries->tables);
	while (rest != NIL)
	{
		DistributeTable *table = distribute_query_next(rest, relids);

		ordered = lappend(ordered, table);
		rest = list_delete_ptr(rest, table);
		relids = list_delete_oid(relids, table->relid);
	}
	queries->tables = ordered;
}

/* Has Citus distribute a table by its column: as it was asked for, or together with another. */
static void
distribute_query_make_table(const DistributeTable *table, const DistributeRequest *request,
							Oid other)
{
	const char *column = get_attname(table->relid, table->column, false);

	if (OidIsValid(other))
		citus_distribute_table(table->relid, column, CStringGetTextDatum(name_text_of_table(other)),
							   (Datum) 0, true);
	else
		citus_distribute_table(table->relid, column, request->colocate_with, request->shard_count,
							   request->shard_count_is_null);
}

/* Has Citus distribute the tables, in their order. */
static void
distribute_query_make(const DistributeQueries *queries, const DistributeRequest *request)
{
	Oid first = InvalidOid;
	ListCell *cell;

	foreach(cell, queries->tables)
		distribute_check_triggers(((DistributeTable *) lfirst(cell))->relid);
	foreach(cell, queries->tables)
	{
		const DistributeTable *table = lfirst(cell);

		if (table->column == InvalidAttrNumber)
		{
			citus_distribute_copied(table->relid);
			continue;
		}
		distribute_query_make_table(table, request, first);
		first = OidIsValid(first) ? first : table->relid;
	}
	foreach(cell, queries->tables)
		citus_distribute_remove_copied(((DistributeTable *) lfirst(cell))->relid);
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
	distribute_query_order(&queries);

	caps = moved_bookings_begin(queries.source_ids);
	distribute_query_end(&queries);
	distribute_query_make(&queries, request);
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
