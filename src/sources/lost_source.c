/*
 * lost_source.c
 *	  Sources that go with their table: what is kept of them, and what is said.
 *
 * Applications, loading programs and restores drop a table and make it anew, or make another and give it the name
 * of the old one. So that this ends no cap unseen, the mapping is kept in an event (source_event.c), aliases for
 * the rows of the table keep its name, and whoever drops it is told. attach_again.c goes on from there.
 *
 * All this is asked for at sql_drop, when the table is gone: its name is in what the event tells, its owner in
 * the row of pg_class that the transaction has deleted.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "bookings/closed_change.h"
#include "ledger/unwritten.h"
#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "registers/alias.h"
#include "rules/message.h"
#include "sources/lost_source.h"
#include "sources/shard_name.h"
#include "sources/source_event.h"
#include "types/name_text.h"

/* The name of a table that was dropped. */
#define LOST_NAME                                                                                  \
	"SELECT object_identity FROM pg_catalog.pg_event_trigger_dropped_objects() "                   \
	"WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = $1 AND objsubid = 0"

/* Aliases for the rows of tables that were dropped. */
#define LOST_DROPPED                                                                               \
	" FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "                                 \
	"WHERE gone.classid = 'pg_catalog.pg_class'::regclass AND gone.objsubid = 0 "                  \
	"AND alias.source = gone.objid"
#define LOST_FIND_ALIASES "SELECT FROM steering.alias WHERE EXISTS (SELECT" LOST_DROPPED ") LIMIT 1"
#define LOST_KEEP_ALIASES "UPDATE steering.alias SET missing = gone.object_identity" LOST_DROPPED

/* What a lost source had in periods that are closed still, by month, where the one that was found has something. */
#define LOST_CLOSED                                                                                \
	"SELECT was.service_id, was.participant_id, was.month, was.amount, was.volume, was.bookings "  \
	"FROM steering.source_event_log AS event CROSS JOIN LATERAL "                                  \
	"pg_catalog.jsonb_to_recordset(event.closed) AS was (service_id integer, "                     \
	"participant_id integer, month date, amount steering.amount, volume steering.amount, "         \
	"bookings bigint) JOIN (SELECT service_id, participant_id, month FROM steering.usage_cell "    \
	"WHERE source_id = $2 GROUP BY 1, 2, 3 HAVING sum(bookings) <> 0) AS cell "                    \
	"USING (service_id, participant_id, month) WHERE event.event_id = $1 AND (SELECT "             \
	"bool_and(closed_at <= event.recorded_at) FROM steering.closing WHERE reopened_at IS NULL "    \
	"AND was.month >= lower(during) AND was.month < upper(during))"

/* A shard that was dropped with the trigger that had made a source of it. */
#define LOST_PLACEMENT                                                                             \
	"SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "                           \
	"JOIN pg_catalog.pg_event_trigger_dropped_objects() AS made "                                  \
	"ON made.address_names[1:2] = gone.address_names "                                             \
	"WHERE gone.classid = 'pg_catalog.pg_class'::regclass AND gone.objid = $1 "                    \
	"AND gone.objsubid = 0 AND made.classid = 'pg_catalog.pg_trigger'::regclass "                  \
	"AND made.address_names[3] = " SHARD_NAME_WATCH

/* What a source was attached by with steering.attach_query(). */
#define LOST_QUERY "SELECT query FROM steering.query WHERE source_id = $1"

/* Returns the query of a source; NULL: it has none. */
static char *
lost_source_query(const Source *source)
{
	if (!own_has_relation(OWN_QUERY))
		return NULL;
	return own_spi_look_up(LOST_QUERY, INT4OID, Int32GetDatum(source->source_id));
}

/* Returns the name of a table that was dropped, as events have it; NULL: another command has dropped it. */
static char *
lost_source_dropped_name(Oid relid)
{
	return own_spi_look_up(LOST_NAME, OIDOID, ObjectIdGetDatum(relid));
}

/* Tells whether a table that was dropped was a shard: Citus has moved it, or has dropped what it was a part of. */
static bool
lost_source_was_placement(Oid relid)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	bool was;
	OwnSpi spi;

	own_spi_begin(&spi);
	was = own_spi_execute(LOST_PLACEMENT, 1, types, values, NULL) > 0;
	own_spi_end(&spi);
	return was;
}

/* Tells whether there is a table of this name that is no source, nor a part of one. */
static bool
lost_source_is_replaced(const char *name)
{
	Oid relid = name_text_find_table(name);
	char relkind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';

	return (relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE) &&
		   source_of_tree(relid) == NULL;
}

/*
 * Returns the name under which a source is lost. Where its table was renamed to make room for another, and is
 * dropped now, that is the name under which it was attached.
 */
static const char *
lost_source_name(const Source *source)
{
	char *attached = source_event_name(source->source_id);
	char *dropped = lost_source_dropped_name(source->relid);

	if (attached != NULL && (dropped == NULL || lost_source_is_replaced(attached)))
		return attached;
	return dropped != NULL ? dropped : source->name;
}

/*
 * Records that a source is lost, and returns the name under which it is. One that has a query, whose table is made by
 * attach_query() alone, is not to be found by its name: whoever dropped it is told the query, and NULL is returned. A
 * shard is nowhere lost: it is on another node, or the source that it was a part of is told of.
 */
static char *
lost_source_record_one(const Source *source)
{
	const char *name = lost_source_name(source);
	char *query = lost_source_query(source);
	bool was_placement = lost_source_was_placement(source->relid);

	source_event_record(query == NULL && !was_placement ? SOURCE_LOST : SOURCE_DETACHED,
						source->source_id, name, table_owner_dropped(source->relid));
	if (was_placement)
		return NULL;
	if (query == NULL)
		return unconstify(char *, name);
	message_query_lost(name, query);
	return NULL;
}

/* Records that sources are lost, before they are deleted. Returns the names under which they are to be found. */
List *
lost_source_record(List *gone)
{
	List *names = NIL;
	ListCell *cell;

	if (gone == NIL || !own_has_relation(OWN_SOURCE_EVENT_LOG))
		return NIL;
	/* What this transaction has booked and then dropped is a part of what is lost. */
	unwritten_flush();
	foreach(cell, gone)
	{
		char *name = lost_source_record_one(lfirst(cell));

		if (name != NULL)
			names = lappend(names, name);
	}
	return names;
}

/* Orders names. */
static int
lost_source_compare(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Warns that sources are lost, in the order of their names. */
void
lost_source_tell(List *names)
{
	ListCell *cell;

	list_sort(names, lost_source_compare);
	foreach(cell, names)
		message_lost(lfirst(cell));
}

/*
 * Keeps the names of tables that were dropped with the aliases for their rows. That excludes bookings, so it is
 * done only where there are some.
 */
void
lost_source_keep_aliases(void)
{
	OwnSpi spi;

	if (!alias_any())
		return;
	own_spi_begin(&spi);
	if (own_spi_execute(LOST_FIND_ALIASES, 0, NULL, NULL, NULL) > 0)
		own_spi_execute(LOST_KEEP_ALIASES, 0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/*
 * Takes what a source had in closed periods when it was lost from the changes of these. A period that was closed
 * later was closed without it.
 */
static void
lost_source_add_closed(ClosedChanges *closed, const Source *source, int64 event_id)
{
	Oid types[] = {INT8OID, INT4OID};
	Datum values[] = {Int64GetDatum(event_id), Int32GetDatum(source->source_id)};
	uint64 rows = own_spi_execute(LOST_CLOSED, lengthof(types), types, values, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		UsageSum change = {
			.amount = -(int128) DatumGetAmount(own_spi_column(i, 4, NULL)),
			.volume = -(int128) DatumGetAmount(own_spi_column(i, 5, NULL)),
			.bookings = -DatumGetInt64(own_spi_column(i, 6, NULL)),
		};

		CHECK_FOR_INTERRUPTS();
		closed_change_add(closed, source, DatumGetInt32(own_spi_column(i, 1, NULL)),
						  DatumGetInt32(own_spi_column(i, 2, NULL)),
						  DatumGetDateADT(own_spi_column(i, 3, NULL)), &change);
	}
}

/*
 * Judges what a source that was found, and is counted, does to closed periods: what was lost of a service and
 * participant in a month may come back as it was, or not, and nothing else (23S74). Bookings are excluded.
 */
void
lost_source_judge_closed(const Source *source, int64 event_id)
{
	ClosedChanges closed = {.context = CurrentMemoryContext};
	OwnSpi spi;

	own_spi_begin(&spi);
	lost_source_add_closed(&closed, source, event_id);
	closed_change_add_stored(&closed, source, 1);
	own_spi_end(&spi);
	closed_change_judge(&closed, JUDGE_NOW);
}
