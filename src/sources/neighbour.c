/*
 * neighbour.c
 *	  The neighbours of a source: others, whose rows are read when it is counted anew.
 *
 * A cap over a part of a month is counted from the rows of all sources with bookings in that month, and what is released
 * of order lines from the rows of all sources that have such, or release them. Whoever
 * counts a source anew because its rows were rewritten or are gone holds its table exclusively, and needs
 * those of its neighbours too. So that no two deadlock,
 *
 * - the neighbours' tables are locked before bookings are excluded: who holds one of them may be about to
 *	 book (TRUNCATE), and is then let through;
 * - two that would each need the other's table queue up before either has its own: by a lock that is taken
 *	 when the command begins (an event trigger at ddl_command_start, detach()), where there are neighbours.
 *
 * A command that drops a table indirectly (CASCADE), or in a transaction that holds other locks, may still
 * deadlock; PostgreSQL then ends one of the two.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"

#include "own.h"
#include "sources/follow.h"
#include "sources/neighbour.h"
#include "sources/source_table.h"

/* Sources with bookings in months that a cap covers in part. */
#define NEIGHBOURS                                                                                 \
	"SELECT DISTINCT usage_cell.source_id FROM steering.cap "                                      \
	"CROSS JOIN LATERAL (VALUES (lower(during)), (upper(during))) AS bound (day) "                 \
	"JOIN steering.usage_cell ON usage_cell.month = steering.month_of(bound.day) "                 \
	"WHERE bound.day <> steering.month_of(bound.day) "                                             \
	"AND usage_cell.bookings <> 0 AND usage_cell.service_id <> 0 AND usage_cell.source_id <> $1"

/* And of one that has order lines, or rows that release them, all others that have. */
#define NEIGHBOURS_BY_ORDERS                                                                       \
	" UNION SELECT other.source_id FROM steering.source AS other"                                  \
	" WHERE other.source_id <> $1 AND coalesce(other.reference, other.releases) IS NOT NULL"       \
	" AND ($1 = 0 OR EXISTS (SELECT FROM steering.source AS one WHERE one.source_id = $1"          \
	" AND coalesce(one.reference, one.releases) IS NOT NULL))"

/* Returns the ids of the neighbours of a source; of none (0) all that are a neighbour of any. */
static List *
neighbour_ids(int32 source_id)
{
	const char *query =
		own_has_relation(OWN_ORDER_LINE) ? NEIGHBOURS NEIGHBOURS_BY_ORDERS : NEIGHBOURS;
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};

	return own_spi_numbers(query, lengthof(types), types, values);
}

/* Locks the tables of the neighbours of a source against TRUNCATE and rewriting. Before bookings are excluded. */
void
neighbour_lock(int32 source_id)
{
	List *ids = neighbour_ids(source_id);
	List *sources = ids == NIL ? NIL : source_list();
	ListCell *cell;

	foreach(cell, sources)
		if (list_member_int(ids, ((Source *) lfirst(cell))->source_id))
			source_table_lock(lfirst(cell));
}

/* Waits for others that will count a source anew, if this one has neighbours. Before its table is locked. */
void
neighbour_queue_up(int32 source_id)
{
	if (neighbour_ids(source_id) != NIL)
		LockDatabaseObject(own_relation(OWN_SOURCE), InvalidOid, 0, ExclusiveLock);
}

/* Tells whether ALTER TABLE may rewrite values, or take a part of a table away. */
static bool
neighbour_is_altered(const AlterTableStmt *command)
{
	ListCell *cell;

	foreach(cell, command->cmds)
	{
		AlterTableType type = ((AlterTableCmd *) lfirst(cell))->subtype;

		if (type == AT_AlterColumnType || type == AT_DetachPartition || type == AT_DropInherit)
			return true;
	}
	return false;
}

/* Returns the tables that a command names, after which a source may be counted anew. */
static List *
neighbour_names(const Node *command)
{
	List *names = NIL;
	ListCell *cell;

	if (IsA(command, AlterTableStmt) && neighbour_is_altered((const AlterTableStmt *) command))
		names = list_make1(((const AlterTableStmt *) command)->relation);
	if (IsA(command, DropStmt) && ((const DropStmt *) command)->removeType == OBJECT_TABLE)
		foreach(cell, ((const DropStmt *) command)->objects)
			names = lappend(names, makeRangeVarFromNameList(lfirst(cell)));
	return names;
}

/* Tells whether a command drops tables without naming them. */
static bool
neighbour_is_swept(const Node *command)
{
	return IsA(command, DropOwnedStmt) ||
		   (IsA(command, DropStmt) && ((const DropStmt *) command)->removeType == OBJECT_SCHEMA &&
			((const DropStmt *) command)->behavior == DROP_CASCADE);
}

PG_FUNCTION_INFO_V1(steering_order_ddl);

/* Event trigger at ddl_command_start. */
Datum
steering_order_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.order_ddl");
	List *names = neighbour_names(event->parsetree);
	ListCell *cell;

	if ((names == NIL && !neighbour_is_swept(event->parsetree)) || !own_installed())
		PG_RETURN_NULL();
	if (names == NIL)
		neighbour_queue_up(0);
	foreach(cell, names)
	{
		/* NoLock: the queue comes before all locks of the command. What is gone by then needs no place in it. */
		Oid relid = RangeVarGetRelid(lfirst(cell), NoLock, true);
		Source *source = OidIsValid(relid) ? source_of_tree(relid) : NULL;

		if (source != NULL)
			neighbour_queue_up(source->source_id);
	}
	PG_RETURN_NULL();
}
