/*
 * source.c
 *	  Rows of steering.source: which finance tables were attached, and how they map to bookings.
 *
 * Read with the latest snapshot, so that a backend acts on what is committed after it waited for a
 * lock. Results are in the caller's memory; mapping_cache.c keeps what the hot path needs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_inherits.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "own_shape.h"
#include "own_size.h"

/* Columns of steering.source. The expressions stand in the order of MappingColumn, those of 0.6 at the end. */
enum
{
	SOURCE_ID = 1,
	SOURCE_RELATION,
	SOURCE_FIRST_EXPRESSION,
	SOURCE_STAGE = SOURCE_FIRST_EXPRESSION + MAPPING_FORMER_COLUMNS,
	SOURCE_UNKNOWN,
	SOURCE_FIRST_ADDED
};

/* Returns the name of a relation, qualified and quoted where needed. */
static const char *
source_relation_name(Oid relid)
{
	char *name = get_rel_name(relid);

	if (name == NULL)
		return psprintf("%u", relid);
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

/* Returns the column of steering.source that holds an expression. */
static AttrNumber
source_expression_column(MappingColumn column)
{
	return column < MAPPING_FORMER_COLUMNS ? SOURCE_FIRST_EXPRESSION + column
										   : SOURCE_FIRST_ADDED + column - MAPPING_FORMER_COLUMNS;
}

/* Reads the expressions of a source. A table of an earlier version has fewer columns. */
static void
source_read_expressions(Source *source, HeapTuple tuple, TupleDesc desc)
{
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
	{
		AttrNumber attribute = source_expression_column(column);
		bool isnull;
		Datum value;

		if (attribute > desc->natts)
			continue;
		value = heap_getattr(tuple, attribute, desc, &isnull);
		if (!isnull)
			source->expressions[column] = TextDatumGetCString(value);
	}
	source->has_orders = source->expressions[MAPPING_REFERENCE] != NULL ||
						 source->expressions[MAPPING_RELEASES] != NULL;
}

/* Makes a Source of a row of steering.source. */
static Source *
source_from_tuple(HeapTuple tuple, TupleDesc desc)
{
	Source *source = palloc0(sizeof(Source));

	source->source_id = DatumGetInt32(own_value(tuple, SOURCE_ID, desc));
	source->relid = DatumGetObjectId(own_value(tuple, SOURCE_RELATION, desc));
	source->name = source_relation_name(source->relid);
	source_read_expressions(source, tuple, desc);
	source->is_commitment =
		strcmp(TextDatumGetCString(own_value(tuple, SOURCE_STAGE, desc)), "commitment") == 0;
	source->ignores_unknown =
		strcmp(TextDatumGetCString(own_value(tuple, SOURCE_UNKNOWN, desc)), "ignore") == 0;
	return source;
}

/* Returns the sources whose relation is relid, or all of them when relid is InvalidOid. */
static List *
source_scan(Oid relid)
{
	List *sources = NIL;
	Relation rel = own_open(OWN_SOURCE, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, SOURCE_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	if (OidIsValid(relid))
		scan = own_begin_scan(rel, OWN_SOURCE_RELATION_KEY, snapshot, 1, &key);
	else
		scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		sources = lappend(sources, source_from_tuple(tuple, RelationGetDescr(rel)));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return sources;
}

/* Returns all sources. */
List *
source_list(void)
{
	return source_scan(InvalidOid);
}

/* Returns the source whose root is relid, or NULL. */
Source *
source_by_relation(Oid relid)
{
	List *sources = source_scan(relid);

	return sources == NIL ? NULL : linitial(sources);
}

/* Returns the tables that relid is a direct partition or inheritance child of. */
List *
source_parents(Oid relid)
{
	List *parents = NIL;
	Relation inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		parents = lappend_oid(parents, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return parents;
}

/* Returns the source that relid belongs to: its own, or that of its nearest ancestor; or NULL. */
Source *
source_of_tree(Oid relid)
{
	Source *source = source_by_relation(relid);
	ListCell *cell;
	List *parents;

	if (source != NULL)
		return source;
	parents = source_parents(relid);
	foreach(cell, parents)
	{
		source = source_of_tree(lfirst_oid(cell));
		if (source != NULL)
			return source;
	}
	return NULL;
}

/*
 * Returns in whose name the rows of a table of a source are read: of the source's root, whose owner chose
 * the mapping. A table whose root is gone is read in the name of its own.
 */
Oid
source_owner(const Source *source, Relation rel)
{
	Oid owner = table_owner(source->relid);

	return OidIsValid(owner) ? owner : rel->rd_rel->relowner;
}
