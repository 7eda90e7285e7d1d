/*
 * ddl_guard.c
 *	  Refusing DDL on the extension's own tables, and on its triggers and rules (trigger_guard.c).
 *
 * C knows the columns of our tables by number, and functions and views know them by name. pg_dump does
 * not write the definition of a table that belongs to an extension, so what somebody changes of it is
 * lost with the next restore at the latest. What changes no row's meaning is let through: how a table is
 * stored, its indexes, statistics, owner, and who may see which row.
 *
 * The extension's own scripts pass, and so does a superuser who says that he knows what he is doing, the
 * way that PostgreSQL asks for it: allow_system_table_mods. pg_dump writes nothing that is refused here
 * but for pg_upgrade, which makes event triggers last.
 */
#include "postgres.h"

#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "own.h"
#include "sources/ddl_guard.h"

/* Those of our relations that the command behind the present event has touched, or a part of them. */
#define GUARD_TOUCHED                                                                              \
	"SELECT pg_class.oid::regclass::text "                                                         \
	"FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "                                  \
	"LEFT JOIN pg_catalog.pg_index ON command.classid = 'pg_catalog.pg_class'::regclass "          \
	"AND pg_index.indexrelid = command.objid "                                                     \
	"LEFT JOIN pg_catalog.pg_constraint "                                                          \
	"ON command.classid = 'pg_catalog.pg_constraint'::regclass "                                   \
	"AND pg_constraint.oid = command.objid "                                                       \
	"JOIN pg_catalog.pg_class ON pg_class.oid = "                                                  \
	"CASE WHEN command.classid = 'pg_catalog.pg_class'::regclass "                                 \
	"THEN coalesce(pg_index.indrelid, command.objid) ELSE pg_constraint.conrelid END "             \
	"JOIN pg_catalog.pg_depend ON pg_depend.classid = 'pg_catalog.pg_class'::regclass "            \
	"AND pg_depend.objid = pg_class.oid AND pg_depend.deptype = 'e' "                              \
	"AND pg_depend.refclassid = 'pg_catalog.pg_extension'::regclass "                              \
	"JOIN pg_catalog.pg_extension ON pg_extension.oid = pg_depend.refobjid "                       \
	"WHERE pg_extension.extname = 'sp71_steering' ORDER BY 1"

/* Tells whether a step of ALTER TABLE leaves alone what a table holds, and what its rows mean. */
static bool
ddl_guard_allows(const AlterTableCmd *step)
{
	switch (step->subtype)
	{
		case AT_ClusterOn:
		case AT_DropCluster:
		case AT_SetTableSpace:
		case AT_SetRelOptions:
		case AT_ResetRelOptions:
		case AT_SetStatistics:
		case AT_SetOptions:
		case AT_ResetOptions:
		case AT_SetStorage:
		case AT_SetCompression:
		case AT_SetLogged:
		case AT_SetNotNull:
		case AT_SetIdentity:
		case AT_ChangeOwner:
		case AT_ReplicaIdentity:
		case AT_EnableTrig:
		case AT_EnableAlwaysTrig:
		case AT_EnableReplicaTrig:
		case AT_EnableTrigAll:
		case AT_EnableTrigUser:
		case AT_DisableTrig:
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity:
		case AT_ForceRowSecurity:
		case AT_NoForceRowSecurity:
		case AT_ValidateConstraint:
			return true;
		case AT_AddConstraint:
			return castNode(Constraint, step->def)->contype == CONSTR_CHECK;
		default:
			/* A step of a later release is refused until somebody has looked at it. */
			return false;
	}
}

/* Tells whether a command would change one of our tables, if it is about one. */
static bool
ddl_guard_is_concerned(const Node *command)
{
	ListCell *cell;

	switch (nodeTag(command))
	{
		case T_RenameStmt:
			return castNode(RenameStmt, command)->relation != NULL;
		case T_AlterObjectSchemaStmt:
			return castNode(AlterObjectSchemaStmt, command)->relation != NULL;
		case T_AlterTableStmt:
			foreach(cell, castNode(AlterTableStmt, command)->cmds)
				if (!ddl_guard_allows(lfirst_node(AlterTableCmd, cell)))
					return true;
			return false;
		default:
			return false;
	}
}

/*
 * Refuses a command that has changed one of our tables. After it the extension may not even seem to be
 * there, so this reads catalogs alone, as whoever gave the command.
 */
static void
ddl_guard_own_tables(void)
{
	int nest_level = own_pin_settings();

	SPI_connect();
	if (SPI_execute(GUARD_TOUCHED, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read what a command has touched");
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied: %s belongs to extension \"sp71_steering\"",
						own_spi_text(0, 1)),
				 errdetail("What is changed of it is not in a dump, and the extension would not "
						   "work any more."),
				 errhint("How it is stored, its indexes and who may see which row can be "
						 "changed. A superuser can do more after SET allow_system_table_mods = "
						 "on.")));
	SPI_finish();
	own_unpin_settings(nest_level);
}

/* Follows a command at its end: refuses what it must not do to what the extension has made. */
void
ddl_guard(const Node *command)
{
	if (creating_extension || allowSystemTableMods)
		return;
	if (ddl_guard_is_concerned(command))
		ddl_guard_own_tables();
	trigger_guard(command);
}
