/*
 * query_drop.c
 *	  Following what DROP does to the tables of queries: the event trigger at sql_drop that comes after that of sources.
 *
 * A query whose first table is dropped goes with its booking table. Another table of it, a column that it reads, a
 * unique key by which it joins are not to be dropped. Where a partition or child is gone all rows are compared anew.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "utils/lsyscache.h"

#include "own.h"
#include "queries/booking_guard.h"
#include "queries/booking_pairs.h"
#include "queries/detach_query.h"
#include "queries/query_check.h"
#include "queries/query_join.h"
#include "queries/query_lock.h"
#include "queries/query_shard.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "rules/rulebook.h"
#include "sources/follow.h"

/*
 * Whether a table went that had triggers of queries. A shard that a query began with was no part of another table, and
 * who drops it may have others dropped at the same time, which this would wait for. Without Citus there are none,
 * whatever others call their triggers.
 */
#define QUERY_DROP_PARTS                                                                           \
	"SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() AS part "                           \
	"WHERE classid = 'pg_catalog.pg_trigger'::regclass AND NOT original "                          \
	"AND address_names[3] LIKE 'sp71\\_steering\\_follow\\_%' "                                    \
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() AS asked "          \
	"WHERE asked.classid = part.classid AND asked.address_names[1:2] = part.address_names[1:2] "   \
	"AND starts_with(asked.address_names[3], '" QUERY_TRIGGER_ASKED "') "                          \
	"AND to_regclass('pg_catalog.pg_dist_shard') IS NOT NULL) LIMIT 1"

/* Whether more was dropped than whole tables with what belongs to them, and triggers: a column, an index, a function. */
#define QUERY_DROP_MORE                                                                            \
	"SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() "                                   \
	"WHERE (original OR normal) AND object_type NOT IN ('table', 'trigger') LIMIT 1"

/* Columns of one table that were dropped. */
#define QUERY_DROP_COLUMNS                                                                         \
	"SELECT objsubid, address_names[3] FROM pg_catalog.pg_event_trigger_dropped_objects() "        \
	"WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = $1 AND objsubid <> 0"

/* The name of a table that was dropped. */
#define QUERY_DROP_TABLE                                                                           \
	"SELECT object_identity FROM pg_catalog.pg_event_trigger_dropped_objects() "                   \
	"WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = $1 AND objsubid = 0"

/* Raises that a command would break a query. */
static void
query_drop_refuse(int32 source_id, CommandTag tag, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s would break the query of source \"%s\"", GetCommandTagName(tag),
					query_store_name(source_id)),
			 errdetail_internal("%s", detail),
			 errhint("Detach the source first with steering.detach(), and attach another query "
					 "that fits.")));
}

/* Refuses the drop of a table of a query. */
static void
query_drop_check_tables(int32 source_id, CommandTag tag)
{
	List *tables = query_store_tables(source_id);
	ListCell *cell;

	foreach(cell, tables)
	{
		char *name;

		if (get_rel_relkind(lfirst_oid(cell)) != '\0')
			continue;
		name = own_spi_look_up(QUERY_DROP_TABLE, OIDOID, ObjectIdGetDatum(lfirst_oid(cell)));
		query_drop_refuse(source_id, tag,
						  name == NULL ? _("It reads table that is gone.")
									   : psprintf(_("It reads table %s."), name));
	}
}

/* Refuses the drop of columns of a table that its query reads. */
static void
query_drop_check_columns(const BookingQuery *query, int index, CommandTag tag)
{
	const QueryTable *table = &query->table[index];
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(table->relid)};
	MemoryContext caller = CurrentMemoryContext;
	char *culprit = NULL;
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(QUERY_DROP_COLUMNS, lengthof(types), types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
		if (bms_is_member(DatumGetInt32(own_spi_column(i, 1, NULL)), table->reads))
			culprit = MemoryContextStrdup(caller, own_spi_text(i, 2));
	own_spi_end(&spi);
	if (culprit != NULL)
		query_drop_refuse(query->source_id, tag,
						  psprintf(_("It reads column \"%s\" of table \"%s\"."), culprit,
								   get_rel_name(table->relid)));
}

/* Compares all rows anew, some of which are gone with a part of a table. */
static void
query_drop_recount(BookingQuery *query)
{
	(void) query_lock_tables(query, ShareRowExclusiveLock);
	rulebook_enter_booking();
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_OF_COMMAND);
}

/*
 * Follows a drop that may concern a query. parts: a table went that may have been part of one of it; more: something else
 * than tables went. Where neither is so a query that has all its tables is as it was, and is not waited for.
 */
static void
query_drop_follow(int32 source_id, bool parts, bool more, CommandTag tag)
{
	FollowContext context = {query_store_name(source_id), tag};
	ErrorContextCallback callback;
	BookingQuery *query;

	query_drop_check_tables(source_id, tag);
	if ((!parts && !more) || !query_trigger_are_made(query_store_tables(source_id)))
		return;
	follow_push_context(&callback, &context);
	query = query_store_load(source_id);
	if (query != NULL)
	{
		for (int i = 0; i < query->tables; i++)
			query_drop_check_columns(query, i, tag);
		query_join_check(query, false);
		if (parts)
			query_drop_recount(query);
	}
	follow_pop_context(&callback);
}

/* Tells whether a query about what was dropped puts out a row. */
static bool
query_drop_has(const char *sql)
{
	OwnSpi spi;
	bool found;

	own_spi_begin(&spi);
	found = own_spi_execute(sql, 0, NULL, NULL, NULL) > 0;
	own_spi_end(&spi);
	return found;
}

PG_FUNCTION_INFO_V1(steering_follow_query_drop);

/* Event trigger at sql_drop. */
Datum
steering_follow_query_drop(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.follow_query_drop");
	List *sources;
	bool parts;
	bool more;
	ListCell *cell;

	if (!own_installed() || !own_has_relation(OWN_QUERY))
		PG_RETURN_NULL();
	detach_query_lost();
	if (event->tag == CMDTAG_DROP_TRIGGER)
		query_shard_follow_drop();
	sources = query_store_list_all();
	parts = sources != NIL && query_drop_has(QUERY_DROP_PARTS);
	more = sources != NIL && query_drop_has(QUERY_DROP_MORE);
	if (sources != NIL)
		booking_guard_after_drop(event);
	foreach(cell, sources)
		query_drop_follow(lfirst_int(cell), parts, more, event->tag);
	PG_RETURN_NULL();
}
