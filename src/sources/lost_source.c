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
#include "utils/lsyscache.h"

#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "registers/alias.h"
#include "rules/message.h"
#include "sources/lost_source.h"
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

/* Returns the name of a table that was dropped, as events have it; NULL: another command has dropped it. */
static char *
lost_source_dropped_name(Oid relid)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	char *name = NULL;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(LOST_NAME, lengthof(types), types, values, NULL) > 0)
		name = MemoryContextStrdup(caller, own_spi_text(0, 1));
	own_spi_end(&spi);
	return name;
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

/* Records that sources are lost, before they are deleted. Returns the names under which they are. */
List *
lost_source_record(List *gone)
{
	List *names = NIL;
	ListCell *cell;

	if (!own_has_relation(OWN_SOURCE_EVENT_LOG))
		return NIL;
	foreach(cell, gone)
	{
		const Source *source = lfirst(cell);
		const char *name = lost_source_name(source);

		source_event_record(SOURCE_LOST, source->source_id, name,
							table_owner_dropped(source->relid));
		names = lappend(names, unconstify(char *, name));
	}
	return names;
}

/* Warns that sources are lost. */
void
lost_source_tell(List *names)
{
	ListCell *cell;

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
