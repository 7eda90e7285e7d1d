/*
 * missing_table.c
 *	  Sources, and parts of them, whose table was missing where a dump was restored.
 *
 * What a dump says of such a table in steering.source and steering.source_table comes to stand in
 * steering.missing_table, under its name (types/table_number.h): the two hold tables that are there. Its
 * bookings stay counted by the usage cells until somebody says what is to be: reattach() ties a source to
 * the table that has the name by then, detach_missing() ends it. A part that does not come back is
 * forgotten when its source is reattached, and its bookings with it.
 *
 * Names are compared as they are stored: qualified, and quoted where needed. Where the extension is of
 * an earlier version there is no such table yet, and nothing is missing.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/value.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "call.h"
#include "mapping/mapping.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "registers/alias.h"
#include "sources/missing_table.h"
#include "sources/source_event.h"
#include "types/name_text.h"
#include "types/table_number.h"

/* A table that is missing from a source, of these names. */
#define MISSING_OF_NAMES                                                                           \
	"SELECT relation, (SELECT name FROM steering.source_name "                                     \
	"WHERE source_name.source_id = missing_table.source_id) "                                      \
	"FROM steering.missing_table WHERE relation = ANY ($1) ORDER BY 1 LIMIT 1"

/* A source without table, by its name. */
#define MISSING_SOURCE                                                                             \
	"SELECT source_id FROM steering.missing_table WHERE is_source AND relation = $1 FOR UPDATE"

/* Stores an entry: of which source, under which name, the row. */
#define MISSING_KEEP                                                                               \
	"INSERT INTO steering.missing_table (source_id, relation, is_source, entry) "                  \
	"SELECT entry.source_id, $2, $3, CASE WHEN $3 THEN entry.row END FROM (SELECT "                \
	"(pg_catalog.to_jsonb($1) ->> 'source_id')::integer AS source_id, "                            \
	"pg_catalog.to_jsonb($1) AS row) AS entry ON CONFLICT DO NOTHING"

/* Makes a source of a table that has come back of what was stored of it. */
#define MISSING_TIE                                                                                \
	"INSERT INTO steering.source OVERRIDING SYSTEM VALUE "                                         \
	"SELECT (pg_catalog.jsonb_populate_record(NULL::steering.source, "                             \
	"entry || pg_catalog.jsonb_build_object('relation', $2))).* "                                  \
	"FROM steering.missing_table WHERE is_source AND source_id = $1"

/* Forgets the tables that are missing from a source, and returns the names of its parts. */
#define MISSING_DELETE                                                                             \
	"WITH forgotten AS (DELETE FROM steering.missing_table WHERE source_id = $1 "                  \
	"RETURNING relation, is_source) SELECT relation FROM forgotten WHERE NOT is_source"

/* Whether aliases wait for a table of this name; and gives them to it. */
#define MISSING_FIND_ALIASES "SELECT FROM steering.alias WHERE missing = $1 LIMIT 1"
#define MISSING_TIE_ALIASES                                                                        \
	"UPDATE steering.alias SET source = $2, missing = NULL WHERE missing = $1"

/* Returns the name of a table, as it is stored. */
static char *
missing_name(Oid relid)
{
	char *name = name_text_of_table(relid);

	if (name == NULL)
		name = table_number_unknown_name(relid);
	return name == NULL ? psprintf("%u", relid) : name;
}

/* Returns a query for the numbers of the sources of a stage, also of those whose table is missing; of this node. */
char *
missing_stage_query(const char *stage)
{
	return psprintf("SELECT source_id FROM steering.%s WHERE stage = '%s' AND source_id >= 0",
					own_has_relation(OWN_MISSING_TABLE) ? "source_stage" : "source", stage);
}

/* Raises that a table which is to be attached has the name of one that is missing from a source. */
void
missing_check_names(List *relids)
{
	Datum *names = palloc(list_length(relids) * sizeof(Datum));
	Oid types[] = {TEXTARRAYOID};
	Datum values[1];
	int count = 0;
	ListCell *cell;
	OwnSpi spi;

	if (!own_has_relation(OWN_MISSING_TABLE))
		return;
	foreach(cell, relids)
		names[count++] = CStringGetTextDatum(missing_name(lfirst_oid(cell)));
	values[0] = PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
	own_spi_begin(&spi);
	if (own_spi_execute(MISSING_OF_NAMES, 1, types, values, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("table \"%s\" belongs to source \"%s\", which was restored without it",
						own_spi_text(0, 1), own_spi_text(0, 2)),
				 errhint("Put that source in order with steering.reattach(), or end it with "
						 "steering.detach_missing().")));
	own_spi_end(&spi);
}

/* Returns the number of the source without table that has this name; 0: there is none. */
int32
missing_source_id(const char *name)
{
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(name)};
	int32 source_id = 0;
	OwnSpi spi;

	if (!own_has_relation(OWN_MISSING_TABLE))
		return 0;
	own_spi_begin(&spi);
	if (own_spi_execute(MISSING_SOURCE, 1, types, values, NULL) > 0)
		source_id = DatumGetInt32(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	return source_id;
}

/* Tells whether a table has the name of a source without table. */
bool
missing_is_source(Oid relid)
{
	return missing_source_id(missing_name(relid)) != 0;
}

/*
 * Gives the aliases to a table that were written when none of its name was there. That excludes bookings, so it is
 * done only where there are some.
 */
void
missing_tie_aliases(Oid relid)
{
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(missing_name(relid)), ObjectIdGetDatum(relid)};
	OwnSpi spi;

	if (!alias_any())
		return;
	own_spi_begin(&spi);
	if (own_spi_execute(MISSING_FIND_ALIASES, 1, types, values, NULL) > 0)
		own_spi_execute(MISSING_TIE_ALIASES, 2, types, values, NULL);
	own_spi_end(&spi);
}

/*
 * Ties the source without table that has the name of this table, if there is one, to it. Its parts are
 * taken in anew by the caller. Only the owner of the table may; nobody writes it until the end of the
 * transaction.
 */
void
missing_tie(Oid relid)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[2];
	OwnSpi spi;

	if (source_by_relation(relid) != NULL || !missing_is_source(relid))
		return;
	table_owner_require(relid);
	/* Before its rows are counted, which the caller does in this transaction. */
	LockRelationOid(relid, ShareRowExclusiveLock);
	values[0] = Int32GetDatum(missing_source_id(missing_name(relid)));
	values[1] = CStringGetTextDatum(missing_name(relid));
	own_spi_begin(&spi);
	own_spi_execute(MISSING_TIE, 2, types, values, NULL);
	own_spi_end(&spi);
	source_event_record(SOURCE_FOUND, DatumGetInt32(values[0]), missing_name(relid),
						table_owner(relid));
	mapping_invalidate();
	CommandCounterIncrement();
}

/*
 * Deletes what is recorded of tables that are missing from a source. Tells whether one of them is not in its
 * tree, and so was not found again.
 */
bool
missing_delete(int32 source_id, List *tree)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	List *names = NIL;
	bool gone = false;
	ListCell *cell;
	uint64 rows;
	OwnSpi spi;

	if (!own_has_relation(OWN_MISSING_TABLE))
		return false;
	foreach(cell, tree)
		names = lappend(names, makeString(missing_name(lfirst_oid(cell))));
	own_spi_begin(&spi);
	rows = own_spi_execute(MISSING_DELETE, 1, types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
		gone |= !list_member(names, makeString(own_spi_text(i, 1)));
	own_spi_end(&spi);
	return gone;
}

/* Stores an entry of steering.source or steering.source_table under the name of its table. */
static void
missing_keep(Relation rel, HeapTuple tuple, Oid relid)
{
	Oid types[] = {rel->rd_rel->reltype, TEXTOID, BOOLOID};
	Datum values[] = {
		heap_copy_tuple_as_datum(tuple, RelationGetDescr(rel)),
		CStringGetTextDatum(missing_name(relid)),
		BoolGetDatum(own_is_relation(RelationGetRelid(rel), OWN_SOURCE)),
	};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(MISSING_KEEP, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

PG_FUNCTION_INFO_V1(steering_keep_missing);

/* Trigger before each INSERT into steering.source and steering.source_table. */
Datum
steering_keep_missing(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	Relation rel = trigger->tg_relation;
	HeapTuple tuple = trigger->tg_trigtuple;
	bool isnull;
	Oid relid =
		DatumGetObjectId(SPI_getbinval(tuple, RelationGetDescr(rel),
									   SPI_fnumber(RelationGetDescr(rel), "relation"), &isnull));

	if (isnull || get_rel_relkind(relid) != '\0')
		return PointerGetDatum(tuple);
	missing_keep(rel, tuple, relid);
	return PointerGetDatum(NULL);
}
