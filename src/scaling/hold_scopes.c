/*
 * hold_scopes.c
 *	  What a node and the coordinator say to each other about acts that make caps or move entries: hold_scopes() of a
 *	  node, settled_change() of the coordinator. What it is for stands in lending/held_usage.c and bookings/held.c.
 *
 * Called over connections between nodes, each time as a transaction of its own.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "bookings/exclude.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/rulebook.h"
#include "scaling/outbox.h"

/* Which part of sp71_steering.node_timeout bookings are waited for: the coordinator waits for the answer. */
#define HOLD_WAIT_PART 2

PG_FUNCTION_INFO_V1(steering_hold_scopes);
PG_FUNCTION_INFO_V1(steering_settled_change);

/* Waits for bookings, and keeps new ones out. 55P03: that takes too long. */
static void
hold_exclude_bookings(void)
{
	int nest_level = NewGUCNestLevel();

	lending_limit_waiting(HOLD_WAIT_PART);
	exclude_bookings();
	AtEOXact_GUC(false, nest_level);
}

/* Writes down what is held for an act. What was held for others is kept: they may be over, and not applied here. */
static void
hold_write(Datum act, Datum scopes)
{
	static const char query[] =
		"INSERT INTO steering.held_scope (act, metric, services, participants, first_day, end_day)"
		" SELECT $1, metric, services, participants, first_day, end_day FROM jsonb_to_recordset($2)"
		" AS scope (metric text, services integer[], participants integer[], first_day date, end_day date)";
	Oid types[] = {INT8OID, JSONBOID};
	Datum values[] = {act, scopes};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	rulebook_invalidate();
}

/* Puts what is used of the scopes into the function's result. */
static void
hold_answer(ReturnSetInfo *into, Datum scopes)
{
	Oid types[] = {JSONBOID};
	uint64 count;
	OwnSpi spi;

	own_spi_begin(&spi);
	count = own_spi_execute("SELECT cap_id, before, after FROM steering.scope_usage($1)", 1, types,
							&scopes, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		Datum values[3];
		bool nulls[3];

		for (int column = 0; column < lengthof(values); column++)
			values[column] = own_spi_column(i, column + 1, &nulls[column]);
		tuplestore_putvalues(into->setResult, into->setDesc, values, nulls);
	}
	own_spi_end(&spi);
}

/* hold_scopes(act, scopes): what this node uses, and does not raise before the act is over and applied here */
Datum
steering_hold_scopes(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	if (this_node_id() <= NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is no node of a coordinator")));
	lending_make_durable();
	hold_exclude_bookings();
	hold_write(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	hold_answer((ReturnSetInfo *) fcinfo->resultinfo, PG_GETARG_DATUM(1));
	PG_RETURN_NULL();
}

/*
 * settled_change(): who makes caps or moves entries excludes bookings until he commits, and is not waited for: the node
 * that asks may hold what he waits for.
 */
Datum
steering_settled_change(PG_FUNCTION_ARGS)
{
	if (!ConditionalLockRelationOid(own_relation(OWN_CAP_COUNTER), RowExclusiveLock))
		PG_RETURN_NULL();
	PG_RETURN_INT64(outbox_last());
}
