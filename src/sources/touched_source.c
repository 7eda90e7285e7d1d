/*
 * touched_source.c
 *	  Which sources the commands behind the present event have touched.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/extension.h"

#include "own.h"
#include "sources/rewritten_table.h"
#include "sources/source_table.h"
#include "sources/touched_source.h"

/*
 * The commands behind the present event, the tables that they touched, and those above these: also tables of
 * a type that was altered, and tables that were rewritten, by any command. A table that was put below one of
 * a source touches the source too.
 */
#define TOUCHED_COMMANDS                                                                           \
	"WITH RECURSIVE command AS MATERIALIZED ("                                                     \
	"SELECT classid, objid, command_tag FROM pg_catalog.pg_event_trigger_ddl_commands()), "        \
	"touched AS ("                                                                                 \
	"(SELECT objid AS relid FROM command WHERE classid = 'pg_catalog.pg_class'::regclass "         \
	"UNION SELECT pg_catalog.unnest($1) "                                                          \
	"UNION SELECT pg_class.oid FROM command "                                                      \
	"JOIN pg_catalog.pg_type ON objid IN (pg_type.oid, typrelid) "                                 \
	"JOIN pg_catalog.pg_class ON reloftype = pg_type.oid) "                                        \
	"UNION SELECT inhparent FROM touched JOIN pg_catalog.pg_inherits ON inhrelid = relid), "       \
	"of_table AS ("                                                                                \
	"SELECT source_id FROM steering.source_table JOIN touched ON relation = relid "                \
	"UNION SELECT source_id FROM steering.source_table JOIN pg_catalog.pg_inherits "               \
	"ON inhrelid = relation JOIN touched ON inhparent = relid) "

/*
 * The sources that they touched: those to which the tables belong, and those whose mapping needs what was
 * altered. A function whose name only stands in a text gives nobody a say in what others do with it
 * (mapping_need_now()), and neither does a mapping whose meaning is not fixed: health() tells of both.
 */
#define TOUCHED_SOURCES                                                                               \
	TOUCHED_COMMANDS                                                                                  \
	", of_need AS (SELECT source_id FROM steering.mapping_need AS need "                              \
	"JOIN command USING (classid, objid) WHERE certain OR EXISTS ("                                   \
	"SELECT FROM steering.mapping_need_now(source_id) AS now "                                        \
	"WHERE (now.classid, now.objid) = (need.classid, need.objid) AND followed) "                      \
	"UNION SELECT source_id FROM steering.mapping_need "                                              \
	"JOIN pg_catalog.pg_type ON pg_type.oid = mapping_need.objid "                                    \
	"JOIN command ON command.objid = pg_type.typrelid WHERE certain) "                                \
	"SELECT source_id, bool_or(is_need), bool_or(is_table) FROM ("                                    \
	"SELECT source_id, false, true FROM of_table "                                                    \
	"UNION ALL SELECT source_id, true, false FROM of_need) AS source (source_id, is_need, is_table) " \
	"GROUP BY source_id ORDER BY source_id"

/* The same, where the extension is of a version that fixed no meaning: anything can concern a mapping. */
#define TOUCHED_SOURCES_BEFORE_0_3                                                                 \
	TOUCHED_COMMANDS                                                                               \
	"SELECT source_id, false, true FROM (TABLE of_table UNION SELECT source_id "                   \
	"FROM steering.source "                                                                        \
	"WHERE EXISTS (SELECT FROM command WHERE command_tag LIKE 'ALTER %' "                          \
	"AND (command_tag = 'ALTER TYPE' OR classid <> 'pg_catalog.pg_class'::regclass))) AS source "  \
	"ORDER BY 1"

/* Sources whose first trigger was made by the commands behind the present event: by a restore. */
#define TOUCHED_RESTORED                                                                           \
	"SELECT source_id, false, true FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "    \
	"JOIN pg_catalog.pg_trigger ON pg_trigger.oid = command.objid "                                \
	"AND command.classid = 'pg_catalog.pg_trigger'::regclass "                                     \
	"JOIN steering.source ON source.relation::oid = tgrelid "                                      \
	"WHERE starts_with(tgname::text, 'sp71_steering_insert') AND tgfoid = 'steering.book'::regproc"

/* Returns the source with this id from a list, or NULL. */
static Source *
touched_source_find(List *sources, int32 source_id)
{
	ListCell *cell;

	foreach(cell, sources)
		if (((Source *) lfirst(cell))->source_id == source_id)
			return lfirst(cell);
	return NULL;
}

/* Returns those of the sources that a query names, as TouchedSource. */
static List *
touched_source_query(List *sources, const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {OIDARRAYOID};
	Datum values[] = {source_table_array(rewritten_table_list())};
	List *touched = NIL;
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(query, 1, types, values, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		TouchedSource *entry = palloc(sizeof(TouchedSource));

		entry->source = touched_source_find(sources, DatumGetInt32(own_spi_column(i, 1, NULL)));
		entry->is_need = DatumGetBool(own_spi_column(i, 2, NULL));
		entry->is_table = DatumGetBool(own_spi_column(i, 3, NULL));
		/* One that is not in the list was attached since, as the command has left its tables. */
		if (entry->source != NULL)
			touched = lappend(touched, entry);
	}
	own_spi_end(&spi);
	return touched;
}

/* Tells whether all is there by which needs are known: it may be this extension's script that makes it. */
static bool
touched_source_knows_needs(void)
{
	return own_has_relation(OWN_MAPPING) &&
		   !(creating_extension &&
			 CurrentExtensionObject == get_extension_oid("sp71_steering", true));
}

/* Returns those of the sources that the commands touched, as TouchedSource. */
List *
touched_source_list(List *sources)
{
	return touched_source_query(sources, touched_source_knows_needs() ? TOUCHED_SOURCES
																	  : TOUCHED_SOURCES_BEFORE_0_3);
}

/* Returns the sources whose triggers a restore has just made, as TouchedSource. */
List *
touched_source_list_restored(void)
{
	return touched_source_query(source_list(), TOUCHED_RESTORED);
}
