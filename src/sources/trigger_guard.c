/*
 * trigger_guard.c
 *	  Keeping the triggers and rules of sources what they are.
 *
 * The privilege TRIGGER is enough to put another trigger in the place of one of ours, by its name, and then
 * nothing is counted any more. So a trigger of a source that has the name of one of ours must be it, and one
 * that calls steering.book() must have that name. What the command left is checked, and only for the trigger
 * that it is about: pg_restore makes ours like any other, one after another, and what was wrong before
 * hinders nobody. Likewise the rule that refuses MERGE.
 *
 * Dropping or disabling them is up to the owner of the table, as the table is; health() tells of it.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/source.h"
#include "own.h"
#include "sources/booking_trigger.h"
#include "sources/ddl_guard.h"
#include "sources/merge_rule.h"
#include "sources/source_table.h"
#include "types/name_text.h"

/* Returns the table of a command if it belongs to a source, else InvalidOid. */
static Oid
trigger_guard_table(const RangeVar *relation)
{
	Oid relid = RangeVarGetRelid(relation, NoLock, true);

	if (!OidIsValid(relid) || !own_installed() || source_of_tree(relid) == NULL)
		return InvalidOid;
	return relid;
}

/* Raises that a trigger or rule of a source is not to be made, replaced or renamed like that. */
static void
trigger_guard_refuse(Oid relid, const char *what, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_RESERVED_NAME),
					errmsg("%s \"%s\" of source \"%s\" is the extension's alone", _(what), name,
						   name_text_in_message(relid)),
					errdetail("It cannot be made, replaced or renamed by hand."),
					errhint("Take another name. What is missing, steering.reattach() makes.")));
}

/*
 * Checks the triggers of this name on a table and on its partitions, to which they are copied. before: how it
 * was called before the command.
 */
static void
trigger_guard_triggers(Oid relid, const char *name, const char *before)
{
	List *relids = get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE
					   ? find_all_inheritors(relid, AccessShareLock, NULL)
					   : list_make1_oid(relid);
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = table_open(lfirst_oid(cell), AccessShareLock);

		if (booking_trigger_is_false(rel, name))
			trigger_guard_refuse(lfirst_oid(cell), gettext_noop("trigger"),
								 booking_trigger_is_ours(name) ? name : before);
		table_close(rel, NoLock);
	}
}

/* Follows CREATE TRIGGER. Most have another name and call other functions, and should be quick. */
static void
trigger_guard_create(const CreateTrigStmt *statement)
{
	Oid relid = trigger_guard_table(statement->relation);

	if (OidIsValid(relid))
		trigger_guard_triggers(relid, statement->trigname, statement->trigname);
}

/* Follows the renaming of a trigger or a rule. */
static void
trigger_guard_rename(const RenameStmt *statement)
{
	Oid relid = trigger_guard_table(statement->relation);

	if (!OidIsValid(relid))
		return;
	if (statement->renameType == OBJECT_TRIGGER)
		trigger_guard_triggers(relid, statement->newname, statement->subname);
	else if (merge_rule_is_named(statement->subname) || merge_rule_is_named(statement->newname))
		trigger_guard_refuse(relid, gettext_noop("rule"), statement->subname);
}

/* Follows CREATE RULE: pg_dump writes the rule as one that does nothing. */
static void
trigger_guard_rule(const RuleStmt *statement)
{
	Oid relid;

	if (!merge_rule_is_named(statement->rulename) ||
		(statement->event == CMD_DELETE && !statement->instead && statement->actions == NIL))
		return;
	relid = trigger_guard_table(statement->relation);
	if (OidIsValid(relid))
		trigger_guard_refuse(relid, gettext_noop("rule"), statement->rulename);
}

/* Follows a command at its end: refuses one that left a false trigger or rule on a source. */
void
trigger_guard(const Node *command)
{
	const RenameStmt *rename;

	switch (nodeTag(command))
	{
		case T_CreateTrigStmt:
			trigger_guard_create(castNode(CreateTrigStmt, command));
			break;
		case T_RuleStmt:
			trigger_guard_rule(castNode(RuleStmt, command));
			break;
		case T_RenameStmt:
			rename = castNode(RenameStmt, command);
			if (rename->renameType == OBJECT_TRIGGER || rename->renameType == OBJECT_RULE)
				trigger_guard_rename(rename);
			break;
		default:
			break;
	}
}
