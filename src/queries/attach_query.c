/*
 * attach_query.c
 *	  steering.attach_query(): how the rows of a join become a source of bookings.
 *
 * Locks. It takes ShareRowExclusiveLock on every table of the join, with its partitions and children, in their
 * order, as attach() does on one: nobody writes them until its triggers are committed. Then the booking table is
 * made, filled, and attached like any other table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/source.h"
#include "nodes/this_node.h"
#include "queries/attach_query.h"
#include "queries/attach_query_request.h"
#include "queries/booking_pairs.h"
#include "queries/booking_table.h"
#include "queries/detach_query.h"
#include "queries/distributed_query.h"
#include "queries/query_check.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "sources/attach.h"
#include "sources/moved_bookings.h"
#include "sources/source_alias.h"

/* Gives the tables of the query their triggers. */
static void
attach_query_add_triggers(const AttachQuery *attach)
{
	ListCell *tree;
	ListCell *cell;

	foreach(tree, attach->trees)
		foreach(cell, (List *) lfirst(tree))
		{
			Relation rel = relation_open(lfirst_oid(cell), NoLock);

			query_trigger_create(rel);
			relation_close(rel, NoLock);
		}
}

/* Makes a source of the booking table of a query, like of any other table. Returns its number. */
static int32
attach_query_table(const AttachQuery *attach, const BookingQuery *query, const char *stage)
{
	AttachRequest request = attach_query_request(attach, query, stage);

	return attach_table(&request);
}

/* Makes one source: the booking table, its rows, its entry. Returns its number. */
static int32
attach_query_stage(const AttachQuery *attach, const char *stage, const char *name)
{
	BookingQuery *query = attach_query_make(attach, stage);

	query->booking_table = booking_table_create(query, name);
	booking_table_depend(query);
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_UNBOOKED);
	query->source_id = attach_query_table(attach, query, stage);
	query_store_add(query);
	/* Last: whoever follows CREATE TABLE takes triggers away that no stored query needs. */
	attach_query_add_triggers(attach);
	return query->source_id;
}

/* Makes one source of what rows of distributed tables come to now. They are not followed. Returns its number. */
static int32
attach_query_distributed_stage(const AttachQuery *attach, const char *stage, const char *name)
{
	BookingQuery *query = attach_query_make(attach, stage);
	int32 source_id;

	query->booking_table = booking_table_create(query, name);
	booking_pairs_follow(query, QUERY_OF_ALL_NEW, 0, NULL, PAIRS_UNBOOKED);
	source_id = attach_query_table(attach, query, stage);
	source_alias_refuse(source_by_relation(query->booking_table));
	return source_id;
}

/* Makes the rows of a join a source, or where stage is a column of it one for each stage. Returns their numbers. */
static List *
attach_query_stages(const AttachQuery *attach)
{
	int32 (*make)(const AttachQuery *, const char *, const char *) =
		attach->is_distributed ? attach_query_distributed_stage : attach_query_stage;
	Oid lines = linitial_oid(linitial(attach->trees));
	const char *name = attach_query_name(attach, lines, false);
	int32 first;

	if (!attach_query_has_stages(attach))
		return list_make1_int(make(attach, attach->stage, name));
	first = make(attach, "actual", name);
	return list_make2_int(first,
						  make(attach, "commitment", attach_query_name(attach, lines, true)));
}

/*
 * Attaches a query over distributed tables, under caps that span nodes. These could not all ask for room in one
 * transaction (sources/distributed_rows.c). So the rows are booked here, as of any query, by a source that is given up
 * when nodes take them over.
 */
static void
attach_query_judged(AttachQuery *attach, const BookingQuery *query)
{
	List *sources;
	List *caps;

	distributed_query_lock(attach);
	sources = attach_query_stages(attach);
	caps = moved_bookings_begin(sources);
	detach_query_moved(sources);
	attach->is_moved = true;
	distributed_query_attach(attach, query);
	moved_bookings_end(NIL, caps);
}

/* Tells whether nodes let the owner of the first table in. */
static bool
attach_query_can_login(const AttachQuery *attach)
{
	HeapTuple role = SearchSysCache1(AUTHOID, ObjectIdGetDatum(attach->owner));
	bool can_login;

	if (!HeapTupleIsValid(role))
		elog(ERROR, "cache lookup failed for role %u", attach->owner);
	can_login = ((Form_pg_authid) GETSTRUCT(role))->rolcanlogin;
	ReleaseSysCache(role);
	return can_login;
}

/*
 * Tells whether the coordinator judges the rows of a query over distributed tables; else each node judges those that it has,
 * as it can. The coordinator reads them in the name of their owner, as whom nodes are to let it in. And nothing that somebody
 * wrote may say what a row comes to: it could say so here, and something else on the nodes, which would not judge that.
 */
static bool
attach_query_is_judged(const AttachQuery *attach, const BookingQuery *query)
{
	return !attach->is_moved && this_node_id() != NODE_NONE && attach_query_can_login(attach) &&
		   !query_check_is_said_by_foreign(query);
}

/*
 * Attaches a query as it was asked for. Returns the number of its source; of a query over distributed tables, whose
 * sources are on their nodes, 0.
 */
int32
attach_query(AttachQuery *attach)
{
	BookingQuery *query;

	attach_query_resolve(attach, ShareRowExclusiveLock);
	if (!attach->is_distributed)
		return linitial_int(attach_query_stages(attach));
	query = attach_query_make(attach, NULL);
	distributed_query_check(query);
	if (attach_query_is_judged(attach, query))
		attach_query_judged(attach, query);
	else
		distributed_query_attach(attach, query);
	return 0;
}

PG_FUNCTION_INFO_V1(steering_attach_query);

/*
 * attach_query(query, stage, unknown, accept_overrun, name, headers, promise_unique): makes the rows of a join a
 * source of bookings; where stage is a column of it, one for each stage.
 */
Datum
steering_attach_query(PG_FUNCTION_ARGS)
{
	AttachQuery attach = {0};

	attach_query_read(fcinfo, &attach);
	PG_RETURN_INT32(attach_query(&attach));
}
