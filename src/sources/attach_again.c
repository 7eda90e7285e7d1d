/*
 * attach_again.c
 *	  Attaching a table by the mapping of a source that had its name and was dropped: by hand, which is a way of
 *	  reattach(), and where sp71_steering.attach_again says so as soon as there is such a table.
 *
 * Trust. What a mapping calls runs as the owner of the table. So the table must belong to him who owned the one
 * that was dropped, unless a superuser asks, and the code must be its owner's: nobody has chosen the text just now,
 * and while no source needed it, what its names meant could be dropped and made anew by others.
 *
 * What is done at once is done on the way of somebody's CREATE or ALTER TABLE, and does not keep him from it:
 * where it fails he is warned, and health() tells. Locks are those of attach(), on a table that nobody else has
 * seen yet, or that the command has locked.
 */
#include "postgres.h"

#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "mapping/attempt.h"
#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "rules/message.h"
#include "settings.h"
#include "sources/attach.h"
#include "sources/attach_again.h"
#include "sources/distributed_table.h"
#include "sources/source_event.h"
#include "types/name_text.h"

/*
 * The tables that a command has made, renamed or given an owner, alone or with their schema, that have the name of
 * a lost source and its owner.
 */
#define AGAIN_FOUND                                                                                \
	"SELECT lost_source.relation FROM pg_catalog.pg_event_trigger_ddl_commands() AS command "      \
	"JOIN steering.unattached_table ON command.objsubid = 0 AND CASE command.classid "             \
	"WHEN 'pg_catalog.pg_class'::regclass THEN unattached_table.relation = command.objid "         \
	"WHEN 'pg_catalog.pg_namespace'::regclass THEN unattached_table.schema = command.objid END "   \
	"JOIN steering.lost_source ON lost_source.relation = unattached_table.name "                   \
	"AND lost_source.owner::oid = unattached_table.owner GROUP BY 1 ORDER BY 1"

/* A table that is to be attached, and how. */
typedef struct AttachAgain
{
	Oid relid;
	const LostSource *lost;
	bool accepts_overrun;
	bool is_placement;  /* it is a shard, whose table was attached */
	JudgeWhen of_shard; /* see AttachRequest */
} AttachAgain;

/* Attaches a table as the lost source was. Its text is read as it was written: with settings pinned. */
static void
attach_again_work(void *argument)
{
	const AttachAgain *again = argument;
	AttachRequest request = {
		.relid = again->relid,
		.stage = again->lost->stage,
		.unknown = again->lost->unknown,
		.is_commitment = strcmp(again->lost->stage, "commitment") == 0,
		.ignores_unknown = strcmp(again->lost->unknown, "ignore") == 0,
		.accepts_overrun = again->accepts_overrun,
		.of_shard = again->of_shard,
		.is_again = true,
		.closed_event = again->lost->closed_event,
	};
	int nest_level = own_pin_settings();

	/* What is done on the way of somebody's command is not to fail at his commit. */
	(void) set_config_option("sp71_steering.check_at", "statement", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	memcpy(request.expressions, again->lost->expressions, sizeof(request.expressions));
	if (!again->is_placement)
		request.is_distributed = distributed_table_check(&request);
	(void) attach_table(&request);
	own_unpin_settings(nest_level);
}

/* Attaches a shard that has come to stand on this node as its table was attached, and judges its rows so. */
void
attach_again_placement(Oid relid, const LostSource *mapping, JudgeWhen when)
{
	AttachAgain again = {relid, mapping, when != JUDGE_BOOKING, true, when};

	attach_again_work(&again);
}

/* Returns the source that was lost with a table of the name that this one has; NULL: none, or it is one. */
static LostSource *
attach_again_lost(Oid relid)
{
	char *name = name_text_of_table(relid);

	return name == NULL || source_by_relation(relid) != NULL ? NULL : source_event_lost(name);
}

/* Raises that a table belongs to somebody else than the one that was dropped. */
static void
attach_again_check_owner(Oid relid, const LostSource *lost)
{
	if (table_owner(relid) != lost->owner && !superuser())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("table \"%s\" has another owner than the one of that name which was "
							   "dropped",
							   name_text_in_message(relid)),
						errhint("Attach it with steering.attach().")));
}

/*
 * Attaches a table as the source was that was lost with a table of its name; false: there was none. As with
 * reattach() no cap refuses the rows that it has by now, but one that is no booking does.
 */
bool
attach_again(Oid relid)
{
	LostSource *lost = attach_again_lost(relid);
	AttachAgain again = {relid, lost, true, false, JUDGE_BOOKING};

	if (lost == NULL)
		return false;
	table_owner_require(relid);
	attach_again_check_owner(relid, lost);
	attach_again_work(&again);
	return true;
}

/* Attaches a table of this name, if there is one and the source of its name is lost; else warns. */
static void
attach_again_at_once(const char *name)
{
	Oid relid = name_text_find_table(name);
	LostSource *lost = OidIsValid(relid) ? attach_again_lost(relid) : NULL;
	AttachAgain again = {relid, lost, false, false, JUDGE_BOOKING};
	ErrorData *error;

	if (lost == NULL || table_owner(relid) != lost->owner)
		return;
	error = attempt(attach_again_work, &again);
	if (error != NULL)
		message_not_attached(relid, error);
	else
		ereport(NOTICE, (errmsg("table \"%s\" is attached again, as the one of that name was "
								"which was dropped",
								name)));
}

/* Attaches tables of these names, of which sources were just lost, if that is wanted: another was renamed before. */
void
attach_again_names(List *names)
{
	ListCell *cell;

	if (!steering_attach_again)
		return;
	foreach(cell, names)
		attach_again_at_once(lfirst(cell));
}

/* Tells whether a step of ALTER TABLE gives it another owner, as pg_restore does where it has made one. */
static bool
attach_again_changes_owner(const AlterTableStmt *command)
{
	ListCell *cell;

	foreach(cell, command->cmds)
		if (lfirst_node(AlterTableCmd, cell)->subtype == AT_ChangeOwner)
			return true;
	return false;
}

/* Tells whether there can be a table of some name after a command that was not there before. */
static bool
attach_again_is_concerned(const Node *command)
{
	switch (nodeTag(command))
	{
		case T_CreateStmt:
			return ((const CreateStmt *) command)->relation->relpersistence != RELPERSISTENCE_TEMP;
		case T_CreateTableAsStmt:
			return ((const CreateTableAsStmt *) command)->objtype == OBJECT_TABLE;
		case T_RenameStmt:
			return ((const RenameStmt *) command)->renameType == OBJECT_TABLE ||
				   ((const RenameStmt *) command)->renameType == OBJECT_SCHEMA;
		case T_AlterObjectSchemaStmt:
			return ((const AlterObjectSchemaStmt *) command)->objectType == OBJECT_TABLE;
		case T_AlterTableStmt:
			return attach_again_changes_owner((const AlterTableStmt *) command);
		case T_CreateSchemaStmt:
			return true;
		default:
			return false;
	}
}

/* Returns the names of the tables that the command behind the present event has made ready to be attached. */
static List *
attach_again_find(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List *names = NIL;
	uint64 rows;
	OwnSpi spi;

	own_spi_begin(&spi);
	rows = own_spi_execute(AGAIN_FOUND, 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		names = lappend(names, pstrdup(own_spi_text(i, 1)));
	own_spi_end(&spi);
	return names;
}

/* Follows a command at its end, if that is wanted. While ours is being made, not all of it is there. */
void
attach_again_follow(const Node *command)
{
	if (steering_attach_again && !creating_extension && attach_again_is_concerned(command) &&
		own_has_relation(OWN_SOURCE_EVENT_LOG))
		attach_again_names(attach_again_find());
}
