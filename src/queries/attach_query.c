/*
 * attach_query.c
 *	  steering.attach_query(): how the rows of a join become a source of bookings.
 *
 * Locks. It takes ShareRowExclusiveLock on every table of the join, with its partitions and children, in their
 * order, as attach() does on one: nobody writes them until its triggers are committed. Then the booking table is
 * made, filled, and attached like any other table.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "queries/attach_query.h"
#include "queries/attach_query_request.h"
#include "queries/booking_pairs.h"
#include "queries/booking_table.h"
#include "queries/distributed_query.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "sources/attach.h"

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

/* Makes one source: the booking table, its rows, its entry. Returns its number. */
static int32
attach_query_stage(const AttachQuery *attach, const char *stage, const char *name)
{
	BookingQuery *query = attach_query_make(attach, stage);
	AttachRequest request;

	query->booking_table = booking_table_create(query, name);
	booking_table_depend(query);
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_UNBOOKED);
	/* Like any other table. */
	request = attach_query_request(attach, query, stage);
	query->source_id = attach_table(&request);
	query_store_add(query);
	/* Last: whoever follows CREATE TABLE takes triggers away that no stored query needs. */
	attach_query_add_triggers(attach);
	return query->source_id;
}

/* Makes the rows of a join a source, or where stage is a column of it one for each stage. Returns the first's number. */
static int32
attach_query_stages(const AttachQuery *attach)
{
	Oid lines = linitial_oid(linitial(attach->trees));
	int32 source_id;

	if (!attach_query_has_stages(attach))
		return attach_query_stage(attach, attach->stage, attach_query_name(attach, lines, false));
	source_id = attach_query_stage(attach, "actual", attach_query_name(attach, lines, false));
	(void) attach_query_stage(attach, "commitment", attach_query_name(attach, lines, true));
	return source_id;
}

/*
 * Attaches a query as it was asked for. Returns the number of its source; of a query over distributed tables, whose
 * sources are on their nodes, 0.
 */
int32
attach_query(AttachQuery *attach)
{
	attach_query_resolve(attach, ShareRowExclusiveLock);
	if (!attach->is_distributed)
		return attach_query_stages(attach);
	distributed_query_attach(attach, attach_query_make(attach, NULL));
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
