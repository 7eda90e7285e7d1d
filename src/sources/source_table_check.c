/*
 * source_table_check.c
 *	  Which tables can be counted: those of which no row changes without firing the triggers of its source.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/source.h"
#include "sources/source_table_check.h"
#include "types/name_text.h"

/* Returns what a relation is that is no table, or NULL. */
static const char *
source_table_other_kind(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return NULL;
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		case RELKIND_SEQUENCE:
			return "sequence";
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return "index";
		case RELKIND_TOASTVALUE:
			return "TOAST table";
		case RELKIND_COMPOSITE_TYPE:
			return "composite type";
		default:
			return "relation";
	}
}

/* Raises that a relation cannot be a source, nor a part of one, and why. */
static void
source_table_refuse(Relation rel, const char *kind, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
					errmsg("%s \"%s\" cannot be a source of bookings", kind,
						   name_text_in_message(RelationGetRelid(rel))),
					errdetail("%s", detail), hint ? errhint("%s", hint) : 0));
}

/*
 * Checks that the rows of a relation can be counted, and stay countable.
 *
 * A table of another extension is refused like ours: pg_dump writes no triggers of such a table, and
 * the restored database would enforce nothing.
 */
void
source_table_check(Relation rel)
{
	const char *other = source_table_other_kind(rel->rd_rel->relkind);
	Oid extension;

	if (RelationGetRelid(rel) < FirstNormalObjectId || IsSystemRelation(rel))
		source_table_refuse(rel, "system catalog", "It belongs to the server.", NULL);
	if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		source_table_refuse(rel, other, "What changes on the other server would not be counted.",
							"Attach the table there.");
	if (other != NULL)
		source_table_refuse(rel, other, "It has no rows of its own that can be counted.",
							"Attach the tables that have the rows.");
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		source_table_refuse(rel, "temporary table",
							"Its rows end with the session, and their usage would stay.", NULL);
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED)
		source_table_refuse(rel, "unlogged table",
							"A crash would empty it, and the usage of its rows would stay.",
							"Make it logged with ALTER TABLE ... SET LOGGED.");
	extension = getExtensionOfObject(RelationRelationId, RelationGetRelid(rel));
	if (OidIsValid(extension))
		source_table_refuse(rel, psprintf("extension %s's table", get_extension_name(extension)),
							"pg_dump does not write the triggers of a table that belongs to an "
							"extension.",
							NULL);
}

/*
 * Checks that a table of a source is nobody's child but of tables of the same source (tree):
 * statements on another parent change its rows, and fire no trigger of the source.
 */
void
source_table_check_parents(Relation rel, List *tree)
{
	List *others = list_difference_oid(source_parents(RelationGetRelid(rel)), tree);
	bool is_root;
	Oid top;

	if (others == NIL)
		return;
	do
	{
		/* The topmost one is told: the triggers that it gets reach all below. */
		top = linitial_oid(others);
		others = source_parents(top);
	} while (others != NIL);
	is_root = linitial_oid(tree) == RelationGetRelid(rel);
	source_table_refuse(
		rel, rel->rd_rel->relispartition ? "partition" : "inheritance child",
		psprintf("Statements on \"%s\" change its rows and do not fire its triggers.",
				 name_text_in_message(top)),
		is_root ? psprintf("Attach \"%s\".", name_text_in_message(top)) : NULL);
}
