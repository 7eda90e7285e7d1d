/*
 * booking_guard_ddl.c
 *	  Refusing DDL by which a booking table of a query could be written by hand, or by which somebody's code would run, or
 *	  a constraint be passed over, when the extension writes it.
 *
 * The extension writes it without SQL, as whoever changes a line or a header: no trigger fires, no constraint and no
 * default is looked at, but indexes are written. States are compared and no commands interpreted: what a booking table
 * must not have says the view booking_table_problem, which health() shows too. Only tables that the command has touched
 * are looked at, so that what was wrong before hinders nobody; and what is missing only where something was dropped, so
 * that pg_restore can make it, one piece after another. Of a query that has no tree, since it is being restored
 * (query_restore.c), even the key may be still to come.
 *
 * A superuser passes who says that he knows what he is doing (ddl_guard.c), or who disables all triggers of the table, as
 * pg_restore --disable-triggers does; then health() tells of it.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"
#include "utils/rel.h"

#include "mapping/source.h"
#include "own.h"
#include "queries/booking_guard.h"
#include "queries/query_store.h"
#include "types/name_text.h"

/* What would be wrong with booking tables that are touched: by themselves, as parents, children or by foreign keys. */
#define BOOKING_GUARD_MADE                                                                          \
	"WITH command AS (SELECT coalesce(pg_index.indrelid, pg_trigger.tgrelid, "                      \
	"pg_rewrite.ev_class, pg_policy.polrelid, pg_statistic_ext.stxrelid, command.objid) "           \
	"AS relation FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "                       \
	"LEFT JOIN pg_catalog.pg_index ON classid = 'pg_catalog.pg_class'::regclass "                   \
	"AND indexrelid = command.objid "                                                               \
	"LEFT JOIN pg_catalog.pg_trigger ON classid = 'pg_catalog.pg_trigger'::regclass "               \
	"AND pg_trigger.oid = command.objid "                                                           \
	"LEFT JOIN pg_catalog.pg_rewrite ON classid = 'pg_catalog.pg_rewrite'::regclass "               \
	"AND pg_rewrite.oid = command.objid "                                                           \
	"LEFT JOIN pg_catalog.pg_policy ON classid = 'pg_catalog.pg_policy'::regclass "                 \
	"AND pg_policy.oid = command.objid "                                                            \
	"LEFT JOIN pg_catalog.pg_statistic_ext "                                                        \
	"ON classid = 'pg_catalog.pg_statistic_ext'::regclass "                                         \
	"AND pg_statistic_ext.oid = command.objid), "                                                   \
	"touched AS (SELECT relation FROM command UNION ALL "                                           \
	"SELECT inhparent FROM command JOIN pg_catalog.pg_inherits ON inhrelid = relation UNION ALL "   \
	"SELECT inhrelid FROM command JOIN pg_catalog.pg_inherits ON inhparent = relation UNION ALL "   \
	"SELECT confrelid FROM command JOIN pg_catalog.pg_constraint ON conrelid = relation) "          \
	"SELECT relation, CASE problem WHEN 'trigger disabled' THEN 0 ELSE 1 END, object "              \
	"FROM steering.booking_table_problem WHERE relation IN (SELECT touched.relation FROM touched) " \
	"AND (problem = 'booking table altered' OR problem = 'trigger disabled' AND $1) "               \
	"AND EXISTS (SELECT FROM steering.source JOIN steering.query_tree USING (source_id) "           \
	"WHERE source.relation = booking_table_problem.relation) ORDER BY 2, 3 LIMIT 1"

/* What is missing of booking tables of which something was dropped. */
#define BOOKING_GUARD_DROPPED                                                                      \
	"SELECT relation, 2, object "                                                                  \
	"FROM steering.booking_table_problem "                                                         \
	"WHERE relation IN (SELECT to_regclass(format('%I.%I', address_names[1], address_names[2])) "  \
	"FROM pg_catalog.pg_event_trigger_dropped_objects() "                                          \
	"WHERE object_type IN ('trigger', 'table constraint')) "                                       \
	"AND problem IN ('trigger missing', 'primary key missing') AND $1 ORDER BY 3 LIMIT 1"

/* What these say, by number. */
static const char *const booking_guard_words[] = {
	gettext_noop("would disable %s, which keeps it from being written by hand"),
	gettext_noop(
		"would leave %s on it, which would run, or be passed over, when the extension writes it"),
	gettext_noop("would drop %s, without which it is not kept as it is"),
};

/* Raises that a command must not do something to a booking table. what: as the predicate of a sentence. */
static void
booking_guard_refuse(Oid relid, CommandTag tag, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("booking table \"%s\" is the extension's alone", name_text_in_message(relid)),
			 errdetail_internal("%s %s.", GetCommandTagName(tag), what),
			 errhint("Do that to a table of the query, or to a view of the booking table. A "
					 "superuser can do more after SET allow_system_table_mods = on.")));
}

/* Returns what a query has found, as the predicate of a sentence, in the memory of context. */
static char *
booking_guard_what(MemoryContext context)
{
	const char *words = booking_guard_words[DatumGetInt32(own_spi_column(0, 2, NULL))];

	return MemoryContextStrdup(context, psprintf(_(words), own_spi_text(0, 3)));
}

/* Refuses a command after which something is wrong, as a query says it. */
static void
booking_guard_check(const char *sql, bool argument, CommandTag tag)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {BOOLOID};
	Datum values[] = {BoolGetDatum(argument)};
	Oid relid = InvalidOid;
	char *what = NULL;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(sql, lengthof(types), types, values, NULL) > 0)
	{
		relid = DatumGetObjectId(own_spi_column(0, 1, NULL));
		what = booking_guard_what(caller);
	}
	own_spi_end(&spi);
	if (what != NULL)
		booking_guard_refuse(relid, tag, what);
}

/* Tells whether to write a row's entries in an index takes more than its columns. */
static bool
booking_guard_computes(const IndexStmt *index)
{
	ListCell *cell;

	foreach(cell, index->indexParams)
		if (lfirst_node(IndexElem, cell)->expr != NULL)
			return true;
	return index->whereClause != NULL;
}

/* Tells whether a table that was made refers to others by foreign keys, which the command does not tell any more. */
static bool
booking_guard_refers(const CreateStmt *command)
{
	Oid relid = RangeVarGetRelid(command->relation, NoLock, true);
	Relation rel = OidIsValid(relid) ? try_relation_open(relid, AccessShareLock) : NULL;
	bool refers;

	if (rel == NULL)
		return false;
	refers = RelationGetFKeyList(rel) != NIL;
	relation_close(rel, NoLock);
	return refers;
}

/* Tells whether a command can put something on a booking table, or disable what is there. Most cannot. */
static bool
booking_guard_is_concerned(const Node *command)
{
	switch (nodeTag(command))
	{
		case T_CreateStmt:
			return ((const CreateStmt *) command)->inhRelations != NIL ||
				   booking_guard_refers((const CreateStmt *) command);
		case T_CreateForeignTableStmt:
			return ((const CreateForeignTableStmt *) command)->base.inhRelations != NIL;
		case T_IndexStmt:
			return booking_guard_computes((const IndexStmt *) command);
		case T_AlterTableStmt:
		case T_CreateTrigStmt:
		case T_RuleStmt:
		case T_CreatePolicyStmt:
		case T_CreateStatsStmt:
		case T_CreateSchemaStmt:
			return true;
		default:
			return false;
	}
}

/* Tells whether a superuser disables all triggers of a table, as pg_restore does before it loads data alone. */
static bool
booking_guard_lets_load(const AlterTableStmt *command)
{
	ListCell *cell;

	if (!superuser())
		return false;
	foreach(cell, command->cmds)
		if (lfirst_node(AlterTableCmd, cell)->subtype == AT_DisableTrigAll)
			return true;
	return false;
}

/* Has the triggers of a table that was altered fire always again: to enable them takes that from them. */
static void
booking_guard_mend(const AlterTableStmt *command)
{
	Oid relid = RangeVarGetRelid(command->relation, NoLock, true);

	if (OidIsValid(relid) && !booking_guard_lets_load(command))
		booking_guard_restore(relid);
}

/* Follows a command at its end: refuses what it must not do to a booking table. */
void
booking_guard_after_ddl(const EventTriggerData *event)
{
	const Node *command = event->parsetree;
	bool alters = IsA(command, AlterTableStmt);

	if (allowSystemTableMods || !booking_guard_is_concerned(command))
		return;
	if (query_store_list_all() != NIL)
		booking_guard_check(BOOKING_GUARD_MADE,
							alters && !booking_guard_lets_load((const AlterTableStmt *) command),
							event->tag);
	if (alters)
		booking_guard_mend((const AlterTableStmt *) command);
}

/* Follows DROP: refuses it where it has taken what keeps a booking table that is still there. */
void
booking_guard_after_drop(const EventTriggerData *event)
{
	if (!allowSystemTableMods)
		booking_guard_check(BOOKING_GUARD_DROPPED, true, event->tag);
}

/* Judges CREATE INDEX CONCURRENTLY before it begins: at its end most of it is committed. */
void
booking_guard_before_ddl(const EventTriggerData *event)
{
	const IndexStmt *command = (const IndexStmt *) event->parsetree;
	const Source *source;
	Oid relid;

	if (!IsA(command, IndexStmt) || !command->concurrent || !booking_guard_computes(command) ||
		allowSystemTableMods || !own_installed())
		return;
	relid = RangeVarGetRelid(command->relation, NoLock, true);
	source = OidIsValid(relid) ? source_by_relation(relid) : NULL;
	if (source != NULL && query_store_has(source->source_id))
		booking_guard_refuse(relid, event->tag,
							 _("would make an index that runs code when the extension writes it"));
}
