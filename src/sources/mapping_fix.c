/*
 * mapping_fix.c
 *	  How the meaning of a mapping is fixed, and kept; see mapping_fix.h. The only writer of
 *	  steering.mapping_need, but for source_delete().
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/attempt.h"
#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "sources/booking_trigger.h"
#include "sources/mapping_fix.h"

#define MAPPING_FORGET_NEEDS "DELETE FROM steering.mapping_need WHERE source_id = $1"

/*
 * Columns whose values are computed when the mapping reads them: those that are virtual, and stored ones of a
 * partitioned table (generated_column.c).
 */
#define MAPPING_RECORD_GENERATED                                                                   \
	"INSERT INTO steering.mapping_need "                                                           \
	"(source_id, classid, objid, objsubid, fingerprint, certain, object) "                         \
	"SELECT $1, 'pg_catalog.pg_class'::regclass, attrelid, attnum, '', true, '' "                  \
	"FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class ON pg_class.oid = attrelid "            \
	"WHERE attrelid = $2 AND attnum = ANY ($3) "                                                   \
	"AND (attgenerated = 'v' OR attgenerated = 's' AND relkind = 'p')"

#define MAPPING_RENEW_NEEDS                                                                        \
	"WITH now AS MATERIALIZED (SELECT * FROM steering.mapping_need_now($1)), "                     \
	"gone AS (DELETE FROM steering.mapping_need AS need WHERE source_id = $1 "                     \
	"AND NOT EXISTS (SELECT FROM now "                                                             \
	"WHERE (now.classid, now.objid, now.objsubid) = (need.classid, need.objid, need.objsubid))) "  \
	"INSERT INTO steering.mapping_need "                                                           \
	"(source_id, classid, objid, objsubid, fingerprint, certain, object) "                         \
	"SELECT $1, classid, objid, objsubid, fingerprint, certain, "                                  \
	"pg_catalog.pg_describe_object(classid, objid, objsubid) FROM now "                            \
	"ON CONFLICT ON CONSTRAINT mapping_need_pkey DO UPDATE "                                       \
	"SET fingerprint = excluded.fingerprint, certain = excluded.certain, object = excluded.object"

/* What is only mentioned counts where it was known already, and is followed. */
#define MAPPING_CHANGES                                                                            \
	"SELECT FROM (SELECT classid, objid, objsubid, fingerprint, certain "                          \
	"FROM steering.mapping_need WHERE source_id = $1) AS before "                                  \
	"FULL JOIN steering.mapping_need_now($1) AS now USING (classid, objid, objsubid) "             \
	"WHERE before.fingerprint IS DISTINCT FROM now.fingerprint "                                   \
	"AND (before.certain OR now.certain OR before.fingerprint IS NOT NULL AND now.followed) "

#define MAPPING_NEED_HAS_CHANGED MAPPING_CHANGES "LIMIT 1"

/* What values that the table holds were computed by. */
#define MAPPING_STORED_HAS_CHANGED                                                                 \
	MAPPING_CHANGES "AND before.fingerprint <> now.fingerprint AND now.stored LIMIT 1"

#define MAPPING_RENAME                                                                             \
	"UPDATE steering.source SET service = $2, participant = $3, booked_on = $4, amount = $5, "     \
	"volume = $6, counts_when = $7"
#define MAPPING_RENAME_ORDERS ", reference = $8, releases = $9, final = $10"
#define MAPPING_RENAME_WHERE " WHERE source_id = $1"

/* Runs a query that has the number of a source as its only parameter, and returns how many rows it puts out. */
static uint64
mapping_execute(const char *query, int32 source_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	OwnSpi spi;
	uint64 rows;

	own_spi_begin(&spi);
	rows = own_spi_execute(query, 1, types, values, NULL);
	own_spi_end(&spi);
	return rows;
}

/* Replaces references to columns by nameless values of their type and collation. */
Node *
mapping_without_columns(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Param *value = makeNode(Param);

		value->paramkind = PARAM_EXTERN;
		value->paramid = 1;
		value->paramtype = ((Var *) node)->vartype;
		value->paramtypmod = ((Var *) node)->vartypmod;
		value->paramcollid = ((Var *) node)->varcollid;
		value->location = -1;
		return (Node *) value;
	}
	return expression_tree_mutator(node, mapping_without_columns, context);
}

/*
 * Records that the trigger of a source's root depends on its function, its table and, as it has, the extension. While
 * it is restored it does not yet depend on that: the next command says so, under a stronger lock on the extension,
 * which two at once could not get.
 */
static void
mapping_depend_on_own(const ObjectAddress *trigger, Oid function, Oid root, List *extensions)
{
	ObjectAddress address;
	ListCell *cell;

	ObjectAddressSet(address, ProcedureRelationId, function);
	recordDependencyOn(trigger, &address, DEPENDENCY_NORMAL);
	ObjectAddressSet(address, RelationRelationId, root);
	recordDependencyOn(trigger, &address, DEPENDENCY_AUTO);
	foreach(cell, extensions)
	{
		ObjectAddressSet(address, ExtensionRelationId, lfirst_oid(cell));
		recordDependencyOn(trigger, &address, DEPENDENCY_AUTO_EXTENSION);
	}
}

/*
 * Records that the trigger of a source's root depends on what a tree names. Not on the table's columns:
 * PostgreSQL refuses to alter the type of one on which a trigger depends, and that is followed here.
 */
static void
mapping_depend(Relation root, const MappingTree *tree)
{
	List *expressions = NIL;
	List *extensions;
	ObjectAddress trigger;
	Oid function;

	if (!booking_trigger_find(root, &trigger.objectId, &function))
		return;
	extensions = getAutoExtensionsOfObject(TriggerRelationId, trigger.objectId);
	for (int column = 0; column < MAPPING_COLUMNS; column++)
		if (tree->expressions[column] != NULL)
			expressions =
				lappend(expressions,
						mapping_without_columns((Node *) tree->expressions[column], NULL));
	ObjectAddressSet(trigger, TriggerRelationId, trigger.objectId);
	/* What only the old tree named is not needed any more. */
	deleteDependencyRecordsFor(TriggerRelationId, trigger.objectId, true);
	mapping_depend_on_own(&trigger, function, RelationGetRelid(root), extensions);
	recordDependencyOnExpr(&trigger, (Node *) expressions, NIL, DEPENDENCY_NORMAL);
	CommandCounterIncrement();
}

/* Writes down anew what a mapping is made of. */
void
mapping_renew_needs(const Source *source)
{
	(void) mapping_execute(MAPPING_RENEW_NEEDS, source->source_id);
}

/* Writes down which columns that a tree reads are computed then. */
static void
mapping_record_generated(const Source *source, const MappingTree *tree)
{
	int count;
	AttrNumber *attributes = mapping_tree_attributes(tree, &count);
	Datum *elements = palloc((count + 1) * sizeof(Datum));
	Oid types[] = {INT4OID, OIDOID, INT2ARRAYOID};
	Datum values[lengthof(types)];
	OwnSpi spi;

	for (int i = 0; i < count; i++)
		elements[i] = Int16GetDatum(attributes[i]);
	values[0] = Int32GetDatum(source->source_id);
	values[1] = ObjectIdGetDatum(source->relid);
	values[2] = PointerGetDatum(
		construct_array(elements, count, INT2OID, sizeof(int16), true, TYPALIGN_SHORT));
	own_spi_begin(&spi);
	own_spi_execute(MAPPING_RECORD_GENERATED, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Fixes the meaning of a mapping. The triggers of the source's root are there. */
void
mapping_fix(const Source *source, const MappingTree *tree)
{
	Relation root;

	if (!own_has_relation(OWN_MAPPING))
		return;
	mapping_tree_store(source->source_id, tree);
	root = table_open(source->relid, AccessShareLock);
	mapping_depend(root, tree);
	table_close(root, NoLock);
	(void) mapping_execute(MAPPING_FORGET_NEEDS, source->source_id);
	mapping_record_generated(source, tree);
	mapping_renew_needs(source);
	mapping_invalidate();
	CommandCounterIncrement();
}

/* A mapping, and what it is resolved to. */
typedef struct MappingFix
{
	const Source *source;
	MappingTree *tree;
} MappingFix;

/* Parses the text of a mapping against its table. Calls none of the functions in it. */
static void
mapping_parse_work(void *argument)
{
	MappingFix *fix = argument;
	Relation root = table_open(fix->source->relid, AccessShareLock);

	mapping_tree_parse(root, fix->source, fix->tree);
	table_close(root, NoLock);
}

/*
 * Fixes the meaning of a mapping as its text has it now; false when the text has none: then its owner is to
 * put it right, and other sources need not wait for that.
 */
bool
mapping_fix_from_text(const Source *source)
{
	MappingTree tree;
	MappingFix fix = {source, &tree};
	Oid owner = table_owner(source->relid);

	if (!OidIsValid(owner) || foreign_code_try(owner, mapping_parse_work, &fix) != NULL)
		return false;
	mapping_fix(source, &tree);
	return true;
}

/* Prints the expressions of a tree as query parameters from the second on. Returns whether any is another. */
static bool
mapping_print(const Source *source, const MappingTree *tree, Datum *values, char *nulls)
{
	bool differ = false;

	for (int column = 0; column < MAPPING_COLUMNS; column++)
	{
		char *text;

		nulls[1 + column] = tree->expressions[column] == NULL ? 'n' : ' ';
		if (tree->expressions[column] == NULL)
			continue;
		text = expression_text(source->relid, tree->expressions[column]);
		values[1 + column] = CStringGetTextDatum(text);
		differ |=
			source->expressions[column] == NULL || strcmp(text, source->expressions[column]) != 0;
	}
	return differ;
}

/* Writes the text of a mapping anew where names in it have changed, so that a dump holds the present ones. */
static void
mapping_rename(const Source *source, const MappingTree *tree)
{
	Oid types[1 + MAPPING_COLUMNS];
	Datum values[lengthof(types)];
	char nulls[lengthof(types)];
	OwnSpi spi;

	if (!mapping_print(source, tree, values, nulls))
		return;
	for (int i = 0; i < lengthof(types); i++)
		types[i] = TEXTOID;
	types[0] = INT4OID;
	values[0] = Int32GetDatum(source->source_id);
	nulls[0] = ' ';
	own_spi_begin(&spi);
	own_spi_execute(own_has_relation(OWN_ORDER_LINE)
						? MAPPING_RENAME MAPPING_RENAME_ORDERS MAPPING_RENAME_WHERE
						: MAPPING_RENAME MAPPING_RENAME_WHERE,
					lengthof(types), types, values, nulls);
	own_spi_end(&spi);
}

/* Writes the text of a mapping anew as its tree has it, where that still fits the table. */
static void
mapping_follow_names_work(void *argument)
{
	const MappingFix *fix = argument;
	AttrNumber culprit;

	if (mapping_tree_fit(fix->tree, fix->source->relid, &culprit) != MAPPING_FITS_NOT)
		mapping_rename(fix->source, fix->tree);
}

/*
 * Follows commands that may have renamed something: columns, types, functions, schemas, labels of enums. The
 * trees know objects by number and columns by place, so only their texts change. What cannot be printed any
 * more, since something in it was dropped unseen, is left for health() to tell: the command is anybody's.
 */
void
mapping_follow_names(List *sources)
{
	ListCell *cell;

	foreach(cell, sources)
	{
		MappingTree tree;
		MappingFix fix = {lfirst(cell), &tree};

		if (mapping_tree_load(fix.source->source_id, &tree))
			(void) attempt(mapping_follow_names_work, &fix);
	}
}

/*
 * Fixes a mapping anew, since columns that it reads are of other types: by its text, over the columns that
 * are there now. Raises what is wrong with that.
 */
void
mapping_fix_anew(const Source *source)
{
	Relation root = table_open(source->relid, AccessShareLock);
	MappingTree tree;

	mapping_tree_parse(root, source, &tree);
	for (int column = 0; column < MAPPING_COLUMNS; column++)
		if (tree.expressions[column] != NULL)
			expression_check(root, root->rd_rel->relowner, column, tree.expressions[column],
							 source->expressions[column]);
	table_close(root, NoLock);
	mapping_fix(source, &tree);
	mapping_rename(source, &tree);
}

/* Tells whether anything that a mapping is made of is not what it was. */
bool
mapping_has_changed(const Source *source)
{
	return mapping_execute(MAPPING_NEED_HAS_CHANGED, source->source_id) > 0;
}

/* Tells whether something by which values were computed that the table holds is not what it was. */
bool
mapping_stored_has_changed(const Source *source)
{
	return mapping_execute(MAPPING_STORED_HAS_CHANGED, source->source_id) > 0;
}

PG_FUNCTION_INFO_V1(steering_fix_mappings);

/*
 * fix_mappings(): fixes the meaning of every mapping that has none fixed, as its text has it now; returns how
 * many could not be, of which health() tells.
 */
Datum
steering_fix_mappings(PG_FUNCTION_ARGS)
{
	List *sources = source_list();
	int32 failed = 0;
	ListCell *cell;

	foreach(cell, sources)
	{
		MappingTree tree;

		if (!mapping_tree_load(((Source *) lfirst(cell))->source_id, &tree) &&
			!mapping_fix_from_text(lfirst(cell)))
			failed++;
	}
	PG_RETURN_INT32(failed);
}
