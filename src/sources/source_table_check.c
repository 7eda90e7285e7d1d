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
			return gettext_noop("view");
		case RELKIND_MATVIEW:
			return gettext_noop("materialized view");
		case RELKIND_FOREIGN_TABLE:
			return gettext_noop("foreign table");
		case RELKIND_SEQUENCE:
			return gettext_noop("sequence");
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return gettext_noop("index");
		case RELKIND_TOASTVALUE:
			return gettext_noop("TOAST table");
		case RELKIND_COMPOSITE_TYPE:
			return gettext_noop("composite type");
		default:
			return gettext_noop("relation");
	}
}

/* Raises that a relation cannot be a source, nor a part of one, and why. */
static void
source_table_refuse(Relation rel, const char *kind, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
					errmsg("%s \"%s\" cannot be a source of bookings", _(kind),
						   name_text_in_message(RelationGetRelid(rel))),
					errdetail_internal("%s", _(detail)), hint ? errhint("%s", _(hint)) : 0));
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
		source_table_refuse(rel, gettext_noop("system catalog"),
							gettext_noop("It belongs to the server."), NULL);
	if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		source_table_refuse(rel, other,
							gettext_noop("What changes on the other server would not be counted."),
							gettext_noop("Attach the table there."));
	if (other != NULL)
		source_table_refuse(rel, other,
							gettext_noop("It has no rows of its own that can be counted."),
							gettext_noop("Attach the tables that have the rows."));
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		source_table_refuse(rel, gettext_noop("temporary table"),
							gettext_noop(
								"Its rows end with the session, and their usage would stay."),
							NULL);
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED)
		source_table_refuse(rel, gettext_noop("unlogged table"),
							gettext_noop(
								"A crash would empty it, and the usage of its rows would stay."),
							gettext_noop("Make it logged with ALTER TABLE ... SET LOGGED."));
	extension = getExtensionOfObject(RelationRelationId, RelationGetRelid(rel));
	if (OidIsValid(extension))
		source_table_refuse(rel, psprintf(_("extension %s's table"), get_extension_name(extension)),
							gettext_noop(
								"pg_dump does not write the triggers of a table that belongs to an "
								"extension."),
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
		rel,
		rel->rd_rel->relispartition ? gettext_noop("partition") : gettext_noop("inheritance child"),
		psprintf(_("Statements on \"%s\" change its rows and do not fire its triggers."),
				 name_text_in_message(top)),
		is_root ? psprintf(_("Attach \"%s\"."), name_text_in_message(top)) : NULL);
}
