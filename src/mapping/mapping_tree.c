/*
 * mapping_tree.c
 *	  What the expressions of a mapping were resolved to; see mapping_tree.h. The only writer of
 *	  steering.mapping, but for source_delete().
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/genam.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/catversion.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "mapping/expression.h"
#include "mapping/mapping_tree.h"
#include "own.h"
#include "own_shape.h"
#include "own_size.h"

/* Columns of steering.mapping. */
enum
{
	MAPPING_SOURCE_ID = 1,
	MAPPING_EXPRESSIONS,
	MAPPING_CATALOG_VERSION,
	MAPPING_SYSTEM_IDENTIFIER
};

#define MAPPING_TREE_STORE                                                                         \
	"INSERT INTO steering.mapping (source_id, expressions, catalog_version, system_identifier) "   \
	"VALUES ($1, $2, $3, $4) ON CONFLICT (source_id) DO UPDATE "                                   \
	"SET expressions = excluded.expressions, catalog_version = excluded.catalog_version, "         \
	"system_identifier = excluded.system_identifier"

/*
 * Reads a tree from a row of steering.mapping; false when it is of other catalogs: of another release, or
 * those that pg_upgrade made anew, in which functions have other numbers.
 */
static bool
mapping_tree_read(HeapTuple tuple, TupleDesc desc, MappingTree *tree)
{
	List *expressions;

	if (DatumGetInt32(own_value(tuple, MAPPING_CATALOG_VERSION, desc)) != CATALOG_VERSION_NO ||
		(uint64) DatumGetInt64(own_value(tuple, MAPPING_SYSTEM_IDENTIFIER, desc)) !=
			GetSystemIdentifier())
		return false;
	expressions = stringToNode(TextDatumGetCString(own_value(tuple, MAPPING_EXPRESSIONS, desc)));
	if (expressions == NIL || !IsA(expressions, List) ||
		(list_length(expressions) != MAPPING_COLUMNS &&
		 list_length(expressions) != MAPPING_FORMER_COLUMNS))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("a row of table \"%s\" was changed by somebody", "steering.mapping"),
						errdetail("It does not hold the expressions of a mapping."),
						errhint("Delete it, and reattach the source with steering.reattach().")));
	for (int column = 0; column < MAPPING_COLUMNS; column++)
		tree->expressions[column] =
			column < list_length(expressions) ? list_nth(expressions, column) : NULL;
	return true;
}

/*
 * Reads the tree of a source, as committed now, into the caller's memory. False when there is none of
 * this server's catalogs, or the extension is of a version that had none.
 */
bool
mapping_tree_load(int32 source_id, MappingTree *tree)
{
	bool found = false;
	Relation rel;
	Snapshot snapshot;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!own_has_relation(OWN_MAPPING))
		return false;
	rel = own_open(OWN_MAPPING, AccessShareLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	/* The latest snapshot: a command may have made the tree anew since the statement began. */
	ScanKeyInit(&key, MAPPING_SOURCE_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(source_id));
	scan = own_begin_scan(rel, OWN_MAPPING_PKEY, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		found = mapping_tree_read(tuple, RelationGetDescr(rel), tree);
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return found;
}

/* Makes the tree of a source from its text, whose names are all qualified, whatever the session's settings. */
void
mapping_tree_parse(Relation rel, const Source *source, MappingTree *tree)
{
	int nest_level = own_pin_settings();

	for (int column = 0; column < MAPPING_COLUMNS; column++)
		tree->expressions[column] =
			source->expressions[column] == NULL
				? NULL
				: expression_parse(rel, rel->rd_rel->relowner, column, source->expressions[column]);
	own_unpin_settings(nest_level);
}

/* Returns all references to columns in a tree. */
static List *
mapping_tree_variables(const MappingTree *tree)
{
	List *variables = NIL;

	for (int column = 0; column < MAPPING_COLUMNS; column++)
		variables = list_concat(variables, pull_var_clause((Node *) tree->expressions[column], 0));
	return variables;
}

/* Tells how a reference to a column stands to the column as it is now. */
static MappingFit
mapping_variable_fit(const Var *variable, Oid root)
{
	HeapTuple tuple =
		SearchSysCache2(ATTNUM, ObjectIdGetDatum(root), Int16GetDatum(variable->varattno));
	MappingFit fit = MAPPING_FITS;
	Form_pg_attribute form;

	if (!HeapTupleIsValid(tuple))
		return MAPPING_FITS_NOT;
	form = (Form_pg_attribute) GETSTRUCT(tuple);
	if (form->attisdropped || form->atttypid != variable->vartype ||
		form->attcollation != variable->varcollid)
		fit = MAPPING_FITS_NOT;
	else if (form->atttypmod != variable->vartypmod)
		/* The values are the same, so no row has to be counted anew. */
		fit = MAPPING_FITS_OTHER_LENGTH;
	ReleaseSysCache(tuple);
	return fit;
}

/* Tells how a tree stands to the columns of its table, and which column is the furthest off. */
MappingFit
mapping_tree_fit(const MappingTree *tree, Oid root, AttrNumber *culprit)
{
	List *variables = mapping_tree_variables(tree);
	MappingFit fit = MAPPING_FITS;
	ListCell *cell;

	foreach(cell, variables)
	{
		MappingFit one = mapping_variable_fit(lfirst_node(Var, cell), root);

		if (one <= fit)
			continue;
		fit = one;
		*culprit = lfirst_node(Var, cell)->varattno;
	}
	return fit;
}

/* Returns the columns that a tree reads, some of them more than once. */
AttrNumber *
mapping_tree_attributes(const MappingTree *tree, int *count)
{
	List *variables = mapping_tree_variables(tree);
	AttrNumber *attributes = palloc((list_length(variables) + 1) * sizeof(AttrNumber));
	ListCell *cell;

	*count = 0;
	foreach(cell, variables)
		attributes[(*count)++] = lfirst_node(Var, cell)->varattno;
	return attributes;
}

/* Gives references to columns the length and scale that the columns have now. */
static Node *
mapping_tree_retype(Node *node, void *root)
{
	Var *variable;
	Oid type;
	Oid collation;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var))
		return expression_tree_mutator(node, mapping_tree_retype, root);
	variable = copyObject((Var *) node);
	get_atttypetypmodcoll(*(Oid *) root, variable->varattno, &type, &variable->vartypmod,
						  &collation);
	return (Node *) variable;
}

/* Adapts a tree to columns that are of another length or scale, and else what they were. */
void
mapping_tree_adapt(MappingTree *tree, Oid root)
{
	for (int column = 0; column < MAPPING_COLUMNS; column++)
		tree->expressions[column] =
			(Expr *) mapping_tree_retype((Node *) tree->expressions[column], &root);
}

/* Tells whether a tree reads a column. */
bool
mapping_tree_reads(const MappingTree *tree, AttrNumber attribute)
{
	int count;
	AttrNumber *attributes = mapping_tree_attributes(tree, &count);

	for (int i = 0; i < count; i++)
		if (attributes[i] == attribute)
			return true;
	return false;
}

/*
 * Raises that a column is not what the tree was made for. Event triggers follow such changes, so they did not
 * fire.
 */
void
mapping_tree_require_fit(const MappingTree *tree, Oid root)
{
	AttrNumber attribute = InvalidAttrNumber;
	const char *name;

	if (mapping_tree_fit(tree, root, &attribute) != MAPPING_FITS_NOT)
		return;
	name = get_attname(root, attribute, true);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("column \"%s\" of table \"%s\" is not what it was when the table was attached",
					name == NULL ? psprintf("%d", attribute) : name, get_rel_name(root)),
			 errhint("It was altered unseen. Reattach the table with steering.reattach().")));
}

/* Returns the highest column that is referred to. */
static AttrNumber
mapping_tree_last(List *variables)
{
	AttrNumber last = 0;
	ListCell *cell;

	foreach(cell, variables)
		last = Max(last, lfirst_node(Var, cell)->varattno);
	return last;
}

/* Makes the map from the columns of a source's root to those of a table of its tree, by their names. */
static AttrMap *
mapping_tree_map(List *variables, Oid root, Relation rel)
{
	AttrMap *map = make_attrmap(mapping_tree_last(variables));
	ListCell *cell;

	foreach(cell, variables)
	{
		AttrNumber attribute = lfirst_node(Var, cell)->varattno;
		char *name = get_attname(root, attribute, false);

		Assert(attribute > 0);
		/* By name: a table that was made by itself may have its columns in another order. */
		map->attnums[attribute - 1] = get_attnum(RelationGetRelid(rel), name);
		if (map->attnums[attribute - 1] == InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("column \"%s\" of relation \"%s\" does not exist", name,
								   RelationGetRelationName(rel))));
	}
	return map;
}

/* Returns an expression of a tree over the columns of rel, a table of the source's tree. */
Expr *
mapping_tree_expression(const MappingTree *tree, MappingColumn column, Oid root, Relation rel)
{
	Expr *expression;
	bool whole_row;
	AttrMap *map;

	Assert(column >= 0 && column < MAPPING_COLUMNS);
	expression = tree->expressions[column];
	if (expression == NULL || RelationGetRelid(rel) == root)
		return expression;
	map = mapping_tree_map(pull_var_clause((Node *) expression, 0), root, rel);
	expression =
		(Expr *) map_variable_attnos((Node *) expression, 1, 0, map, InvalidOid, &whole_row);
	free_attrmap(map);
	Assert(!whole_row);
	return expression;
}

/* Writes the tree of a source down. */
void
mapping_tree_store(int32 source_id, const MappingTree *tree)
{
	Oid types[] = {INT4OID, PG_NODE_TREEOID, INT4OID, INT8OID};
	Datum values[lengthof(types)];
	List *expressions = NIL;
	OwnSpi spi;

	for (int column = 0; column < MAPPING_COLUMNS; column++)
		expressions = lappend(expressions, tree->expressions[column]);
	values[0] = Int32GetDatum(source_id);
	values[1] = CStringGetTextDatum(nodeToString(expressions));
	values[2] = Int32GetDatum(CATALOG_VERSION_NO);
	values[3] = Int64GetDatum((int64) GetSystemIdentifier());
	own_spi_begin(&spi);
	own_spi_execute(MAPPING_TREE_STORE, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}
