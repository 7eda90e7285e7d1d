/*
 * follow_ddl.c
 *	  Following what ALTER TABLE and CREATE TABLE do to sources: the event trigger at ddl_command_end.
 *
 * Statement triggers see no row that comes with ATTACH PARTITION or INHERIT, or goes with DETACH, NO
 * INHERIT and DROP, nor values that ALTER TABLE rewrites. So after each such command the trees of the
 * sources it touched are compared with the tables that were taken in (steering.source_table), and the
 * difference is made up for. By comparing states instead of interpreting commands it does not matter
 * how a change came about: nested, by inheritance, in a script. A partition that is being detached
 * concurrently counts until that is finished (source_tree.c, detach_guard.c).
 *
 * It all happens in the transaction of the command, which holds its locks on the tables. Where
 * nothing is attached, and for commands that touch no table's place, it costs next to nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"

#include "mapping/source.h"
#include "own.h"
#include "sources/attach_again.h"
#include "sources/converted_table.h"
#include "sources/ddl_guard.h"
#include "sources/distributed_table.h"
#include "sources/follow.h"
#include "sources/mapping_fix.h"
#include "sources/mapping_guard.h"
#include "sources/merge_rule.h"
#include "sources/placement.h"
#include "sources/rewritten_table.h"
#include "sources/source_difference.h"
#include "sources/touched_source.h"

/* Tells whether a command can give something that a mapping names another name. */
static bool
follow_may_rename(const Node *command)
{
	return IsA(command, RenameStmt) || IsA(command, AlterObjectSchemaStmt) ||
		   IsA(command, AlterEnumStmt) || IsA(command, AlterExtensionStmt);
}

/*
 * Fixes the meaning of mappings whose triggers were just restored from a dump, from the text that the dump
 * holds. What has no meaning here is left for health() to tell.
 */
static void
follow_restore(void)
{
	List *restored = touched_source_list_restored();
	ListCell *cell;

	foreach(cell, restored)
	{
		Source *source = ((TouchedSource *) lfirst(cell))->source;
		MappingTree tree;

		if (!mapping_tree_load(source->source_id, &tree))
			(void) mapping_fix_from_text(source);
	}
}

/*
 * Locks a source against sessions that follow another command at the same time: which tables they have added
 * or removed must be committed before the comparison begins. The lock on a table is not enough for that:
 * ALTER TABLE ... NO INHERIT hardly locks the parent.
 */
static void
follow_lock(const Source *source)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source->source_id)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute("SELECT FROM steering.source WHERE source_id = $1 FOR UPDATE", 1, types, values,
					NULL);
	own_spi_end(&spi);
}

/*
 * Brings a source in step with its tree, and with what its mapping needs. Who follows another change of that
 * at the same time has written down what it is now before this begins.
 *
 * A source without any recorded table is being restored from a dump, and left alone: its tables were
 * taken in where the dump was made.
 */
static void
follow_source(const Source *source, bool is_need, CommandTag tag)
{
	FollowContext context = {source->name, tag};
	ErrorContextCallback callback;
	SourceDifference difference;
	bool changed;

	follow_push_context(&callback, &context);
	if (is_need)
		follow_lock(source);
	difference = source_difference_find(source);
	if (difference.recorded != NIL)
	{
		changed = mapping_guard(source, is_need, tag);
		if (difference.joined != NIL || difference.left != NIL)
		{
			follow_lock(source);
			/* Whoever had the lock before us may have taken in the same tables. */
			difference = source_difference_find(source);
		}
		changed |= rewritten_table_take(difference.recorded);
		source_difference_follow(source, &difference, changed);
	}
	follow_pop_context(&callback);
}

/* Follows a command that can change sources. */
static void
follow_command(const Node *command, CommandTag tag)
{
	List *sources = source_list();
	List *touched;
	ListCell *cell;

	if (sources == NIL)
		return;
	if (follow_may_rename(command))
	{
		mapping_follow_names(sources);
		distributed_table_check_names();
	}
	touched = touched_source_list(sources);
	foreach(cell, touched)
	{
		TouchedSource *followed = lfirst(cell);
		MappingTree tree;

		/* A mapping whose meaning is not fixed gives nobody a say in what others alter; health() tells of it. */
		if (followed->is_table || mapping_tree_load(followed->source->source_id, &tree))
			follow_source(followed->source, followed->is_need, tag);
	}
}

PG_FUNCTION_INFO_V1(steering_follow_ddl);

/*
 * Event trigger at ddl_command_end. CREATE RULE and CREATE TRIGGER are followed where pg_dump has written a
 * rule or a trigger of ours.
 */
Datum
steering_follow_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.follow_ddl");

	ddl_guard(event->parsetree);
	if (IsA(event->parsetree, RuleStmt))
		merge_rule_adopt((const RuleStmt *) event->parsetree);
	else if (IsA(event->parsetree, CreateTrigStmt) && own_installed())
		follow_restore();
	else if (follow_can_change_sources(event->parsetree) && own_installed())
		follow_command(event->parsetree, event->tag);
	if (own_installed())
	{
		placement_follow(event->parsetree);
		converted_table_follow(event->parsetree);
	}
	attach_again_follow(event->parsetree);
	PG_RETURN_NULL();
}
