/*
 * follow_drop.c
 *	  Following what DROP does to sources: the event trigger at sql_drop.
 *
 * A source whose table is dropped is deleted, whatever dropped it: DROP TABLE, DROP SCHEMA, DROP
 * OWNED. One of which a part is dropped is counted anew, since the rows that went cannot be read any
 * more. What a mapping needs (a column, a function) is not to be dropped.
 *
 * When the extension itself is dropped, its event triggers are gone before they could fire.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/lsyscache.h"

#include "mapping/mapping_tree.h"
#include "mapping/source.h"
#include "own.h"
#include "sources/attach_again.h"
#include "sources/follow.h"
#include "sources/lost_source.h"
#include "sources/mapping_guard.h"
#include "sources/placement.h"
#include "sources/recount.h"
#include "sources/source_delete.h"
#include "sources/source_table.h"

/* Recorded tables that are not there any more. */
#define DROP_GONE_TABLES                                                                           \
	"SELECT relation::oid, source_id FROM steering.source_table "                                  \
	"WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = relation)"

/* Whether something was dropped that a mapping may need: a column, anything but a table; or a trigger with it. */
#define DROP_GONE_HELPERS                                                                          \
	"SELECT FROM pg_catalog.pg_event_trigger_dropped_objects() "                                   \
	"WHERE NOT is_temporary AND (objsubid <> 0 "                                                   \
	"OR original AND classid <> 'pg_catalog.pg_class'::regclass "                                  \
	"OR classid = 'pg_catalog.pg_trigger'::regclass) LIMIT 1"

/* Columns of one table that were dropped. */
#define DROP_GONE_COLUMNS                                                                          \
	"SELECT objsubid, address_names[3] FROM pg_catalog.pg_event_trigger_dropped_objects() "        \
	"WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = $1 AND objsubid <> 0"

/*
 * What was dropped that the mapping of a source is known to be made of. A domain still works without one of
 * its constraints.
 */
#define DROP_GONE_NEEDS                                                                            \
	"SELECT gone.object_type || ' ' || gone.object_identity "                                      \
	"FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "                                  \
	"JOIN steering.mapping_need ON mapping_need.classid = gone.classid "                           \
	"AND mapping_need.objid = gone.objid "                                                         \
	"WHERE mapping_need.source_id = $1 AND mapping_need.objsubid = 0 AND mapping_need.certain "    \
	"AND gone.classid <> 'pg_catalog.pg_constraint'::regclass ORDER BY 1 LIMIT 1"

/* A trigger of ours that went since something that it depends on was dropped, though its table is there. */
#define DROP_GONE_TRIGGER                                                                          \
	"SELECT gone.object_identity FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "      \
	"JOIN steering.source_table ON source_table.relation::oid = "                                  \
	"pg_catalog.to_regclass(pg_catalog.format('%I.%I', address_names[1], address_names[2]))::oid " \
	"WHERE source_table.source_id = $1 AND gone.classid = 'pg_catalog.pg_trigger'::regclass "      \
	"AND NOT gone.original AND address_names[3] LIKE 'sp71\\_steering\\_%' ORDER BY 1 LIMIT 1"

/* Returns the recorded tables that are gone, and the ids of the sources that they belonged to. */
static List *
drop_gone_tables(List **source_ids)
{
	MemoryContext caller = CurrentMemoryContext;
	List *relids = NIL;
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(DROP_GONE_TABLES, 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		relids = lappend_oid(relids, DatumGetObjectId(own_spi_column(i, 1, NULL)));
		*source_ids =
			list_append_unique_int(*source_ids, DatumGetInt32(own_spi_column(i, 2, NULL)));
	}
	own_spi_end(&spi);
	return relids;
}

/* Tells whether something was dropped that a mapping may need. */
static bool
drop_removes_helpers(void)
{
	OwnSpi spi;
	bool helpers;

	own_spi_begin(&spi);
	helpers = own_spi_execute(DROP_GONE_HELPERS, 0, NULL, NULL, NULL) > 0;
	own_spi_end(&spi);
	return helpers;
}

/* A column that was dropped. */
typedef struct DroppedColumn
{
	AttrNumber attribute;
	char *name;
} DroppedColumn;

/* Returns the columns of a table that were dropped, as DroppedColumn. */
static List *
drop_gone_columns(Oid relid)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	List *columns = NIL;
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(DROP_GONE_COLUMNS, 1, types, values, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		DroppedColumn *column = palloc(sizeof(DroppedColumn));

		column->attribute = DatumGetInt32(own_spi_column(i, 1, NULL));
		column->name = own_spi_text(i, 2);
		columns = lappend(columns, column);
	}
	own_spi_end(&spi);
	return columns;
}

/* Refuses a drop where a query about a source finds something that the source needs. */
static void
drop_check_query(const Source *source, const char *query, CommandTag tag)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source->source_id)};
	char *need = NULL;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(query, 1, types, values, NULL) > 0)
		need = MemoryContextStrdup(caller, own_spi_text(0, 1));
	own_spi_end(&spi);
	if (need != NULL)
		mapping_guard_need(source, need, tag);
}

/* Refuses the drop of what the mapping of a source is made of, and what takes a trigger along. */
static void
drop_check_needs(const Source *source, CommandTag tag)
{
	if (own_has_relation(OWN_MAPPING))
		drop_check_query(source, DROP_GONE_NEEDS, tag);
	drop_check_query(source, DROP_GONE_TRIGGER, tag);
}

/*
 * Refuses the drop of what the mapping of a source needs. Where its meaning is not fixed, what others drop is
 * not looked at: it may have stopped working long ago. Before 0.3.0 none was fixed.
 */
static void
drop_check_mapping(const Source *source, CommandTag tag)
{
	List *columns = drop_gone_columns(source->relid);
	MappingTree tree;
	ListCell *cell;

	if (mapping_tree_load(source->source_id, &tree))
		drop_check_needs(source, tag);
	else if (!own_has_relation(OWN_MAPPING))
		(void) mapping_guard(source, false, tag);
	foreach(cell, columns)
	{
		const DroppedColumn *column = lfirst(cell);

		mapping_guard_column(source, column->attribute, column->name, tag);
	}
}

/* Returns those of the sources whose own table is gone. */
static List *
drop_gone_sources(List *sources)
{
	List *gone = NIL;
	ListCell *cell;

	foreach(cell, sources)
		if (get_rel_relkind(((Source *) lfirst(cell))->relid) == '\0')
			gone = lappend(gone, lfirst(cell));
	return gone;
}

/* Follows a drop for a source whose own table is still there. */
static void
drop_follow_source(const Source *source, bool is_part_gone, bool check_mapping, CommandTag tag)
{
	FollowContext context = {source->name, tag};
	ErrorContextCallback callback;

	follow_push_context(&callback, &context);
	if (check_mapping)
		drop_check_mapping(source, tag);
	if (is_part_gone)
		source_recount_dropped(source->source_id, JUDGE_NOW);
	follow_pop_context(&callback);
}

/* Deletes the sources whose own table is gone. What is left of them had been detached unseen. */
static void
drop_delete_sources(List *gone, CommandTag tag)
{
	FollowContext context = {NULL, tag};
	ErrorContextCallback callback;
	List *names;
	ListCell *cell;

	follow_push_context(&callback, &context);
	names = lost_source_record(gone);
	foreach(cell, gone)
		source_table_remove(source_table_list(((Source *) lfirst(cell))->source_id));
	source_delete(gone, JUDGE_NOW);
	follow_pop_context(&callback);
	lost_source_tell(names);
	attach_again_names(names);
}

/* Follows a drop for all sources. */
static void
drop_follow_sources(CommandTag tag)
{
	List *sources = source_list();
	List *gone;
	List *concerned = NIL;
	bool helpers;
	ListCell *cell;

	if (sources == NIL)
		return;

	/* First: what is counted anew below must not look for tables that are gone. */
	source_table_erase(drop_gone_tables(&concerned));
	gone = drop_gone_sources(sources);
	drop_delete_sources(gone, tag);

	helpers = drop_removes_helpers();
	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);

		if (!list_member_ptr(gone, source))
			drop_follow_source(source, list_member_int(concerned, source->source_id), helpers, tag);
	}
}

PG_FUNCTION_INFO_V1(steering_follow_drop);

/* Event trigger at sql_drop. */
Datum
steering_follow_drop(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.follow_drop");

	if (own_installed())
	{
		/* Before what has the name of a lost source by now is attached. */
		lost_source_keep_aliases();
		drop_follow_sources(event->tag);
		if (event->tag == CMDTAG_DROP_TRIGGER)
			placement_follow_drop();
	}
	PG_RETURN_NULL();
}
