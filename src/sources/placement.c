/*
 * placement.c
 *	  Shards of distributed sources: how they come to stand on this node, and leave it.
 *
 * Wherever Citus makes a shard, it makes the triggers of its table on it, in the order of their names, after it has
 * copied the rows. With the last of them, which has the mapping, the shard becomes a source of this node; its rows are
 * counted in that transaction. While a shard is moved without blocking writes, rows come by a subscription after that.
 * So then it waits for the end of that, at which writes are blocked: until the shard is a source, its triggers refuse.
 *
 * What comes from another node was booked there, and is accepted. What steering.distribute() brings the coordinator
 * gives up in the same transaction: nobody is asked for room. The shard that was left behind stays counted until
 * Citus drops it: for that long its bookings are counted twice, and never not at all. Whether it is dropped, or its
 * table is detached, which drops the triggers, is followed at sql_drop.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "own.h"
#include "sources/attach_again.h"
#include "sources/booking_trigger.h"
#include "sources/citus.h"
#include "sources/distributed_table.h"
#include "sources/placement.h"
#include "sources/reattach.h"
#include "sources/shard_name.h"
#include "sources/source_event.h"

/* Shards into which a subscription has brought rows, and brings no more. */
#define PLACEMENT_FED                                                                              \
	"SELECT srrelid::oid FROM pg_catalog.pg_subscription_rel "                                     \
	"JOIN pg_catalog.pg_subscription ON pg_subscription.oid = srsubid "                            \
	"JOIN pg_catalog.pg_trigger ON tgrelid = srrelid "                                             \
	"AND tgfoid = to_regproc('steering.watch')::oid AND tgnargs = 1 "                              \
	"WHERE subname = $1 AND NOT subenabled ORDER BY 1"

/*
 * Sources whose trigger with the mapping was dropped, and whose table is there. It goes last, as it comes, but for that of
 * TRUNCATE, which Citus leaves on shards: who drops a trigger with a name like it, as the owner of any table may make,
 * ends nothing.
 */
#define PLACEMENT_RELEASED                                                                         \
	"SELECT source.relation::oid FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "      \
	"JOIN steering.source ON source.relation::oid = "                                              \
	"pg_catalog.to_regclass(pg_catalog.format('%I.%I', address_names[1], address_names[2]))::oid " \
	"WHERE gone.classid = 'pg_catalog.pg_trigger'::regclass "                                      \
	"AND gone.address_names[3] = " SHARD_NAME_WATCH                                                \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = source.relation::oid "     \
	"AND tgfoid IN (pg_catalog.to_regproc('steering.book')::oid, "                                 \
	"pg_catalog.to_regproc('steering.watch')::oid) AND tgtype & 32 = 0) ORDER BY 1"

/* Whether a mapping was written with it that rows may be over caps. */
#define PLACEMENT_ACCEPTS "SELECT $1::jsonb ->> 'accept_overrun'"

/* Whether it was written with it that the rows come from another node. */
#define PLACEMENT_MOVED "SELECT $1::jsonb ->> 'moved'"

/* Returns the tables that a query finds by a name. */
static List *
placement_list(const char *query, const char *name)
{
	Oid types[] = {NAMEOID};
	Datum values[] = {DirectFunctionCall1(namein, CStringGetDatum(name))};

	return own_spi_oids(query, lengthof(types), types, values);
}

/* Returns the mapping that a shard was given with its triggers; NULL: the table is none, or is a source. */
static char *
placement_mapping(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	const char *mapping = booking_trigger_mapping(rel);
	char *found = mapping != NULL && source_by_relation(relid) == NULL ? pstrdup(mapping) : NULL;

	relation_close(rel, NoLock);
	return found;
}

/* Tells whether a query about a mapping says so. */
static bool
placement_says(const char *query, const char *mapping)
{
	char *said = own_spi_look_up(query, TEXTOID, PointerGetDatum(cstring_to_text(mapping)));

	return said != NULL && strcmp(said, "true") == 0;
}

/* Tells whether this node is where a table, which is a shard, is read and written already. */
static bool
placement_is_here(Oid relid)
{
	int64 shard;

	return shard_name_number(get_rel_name(relid), &shard) && citus_has_placement(shard);
}

/* Returns how the rows of a shard are judged: those that come from another node were judged there. */
static JudgeWhen
placement_judged(Oid relid, const char *mapping)
{
	if (!placement_is_here(relid))
		return JUDGE_ARRIVED;
	if (placement_says(PLACEMENT_MOVED, mapping))
		return JUDGE_MOVED;
	return placement_says(PLACEMENT_ACCEPTS, mapping) ? JUDGE_ACCEPTING : JUDGE_BOOKING;
}

/* Makes a source of a shard, unless it is one, or rows come into it still that no trigger sees. */
static void
placement_take_in(Oid relid)
{
	char *mapping = placement_mapping(relid);

	if (mapping != NULL)
		distributed_table_check_node();
	if (mapping != NULL && !citus_is_fed(relid))
		attach_again_placement(relid, source_event_written(mapping),
							   placement_judged(relid, mapping));
}

/* Follows a command at its end: the last trigger of a shard is made, or a subscription ends that had brought its rows. */
void
placement_follow(const Node *command)
{
	List *relids = NIL;
	ListCell *cell;

	if (IsA(command, CreateTrigStmt) && ((const CreateTrigStmt *) command)->args != NIL)
		relids = list_make1_oid(
			RangeVarGetRelid(((const CreateTrigStmt *) command)->relation, NoLock, false));
	else if (IsA(command, AlterSubscriptionStmt))
		relids = placement_list(PLACEMENT_FED, ((const AlterSubscriptionStmt *) command)->subname);
	foreach(cell, relids)
		placement_take_in(lfirst_oid(cell));
}

/* Follows a drop: of the trigger that had made a source of a shard, which ends it. */
void
placement_follow_drop(void)
{
	List *relids = placement_list(PLACEMENT_RELEASED, "");
	ListCell *cell;

	foreach(cell, relids)
		detach_source(source_by_relation(lfirst_oid(cell)));
}
