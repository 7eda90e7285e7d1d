/*
 * detach_guard.c
 *	  Refusing DETACH PARTITION CONCURRENTLY before it begins.
 *
 * The command is two transactions, and event triggers that follow it run in the second. What is refused
 * there is half done: the partition is pending, and can be neither used nor put back. So an event trigger
 * before the command takes the rows of the partition out of the caps and closed periods as the command
 * would, in a subtransaction that is rolled back, and raises what that raises.
 *
 * It takes no lock that outlives it, since the command waits for all who use the table. So what is booked
 * or closed between this and the end of the command can still have the end refused. The partition then is
 * pending and counted as before, health() names it, and FINALIZE is judged again.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "mapping/source.h"
#include "own.h"
#include "sources/detach_guard.h"
#include "sources/follow.h"
#include "sources/source_table.h"
#include "sources/source_tree.h"
#include "subtransaction.h"

/* Returns which partition a command is to detach concurrently, or NULL. */
static const RangeVar *
detach_guard_partition(const Node *command)
{
	ListCell *cell;

	if (!IsA(command, AlterTableStmt))
		return NULL;
	foreach(cell, ((const AlterTableStmt *) command)->cmds)
	{
		const AlterTableCmd *part = lfirst_node(AlterTableCmd, cell);

		if (part->subtype == AT_DetachPartition && ((PartitionCmd *) part->def)->concurrent)
			return ((PartitionCmd *) part->def)->name;
	}
	return NULL;
}

/* Tells whether a command is to detach a partition concurrently. */
bool
detach_guard_is_concerned(const Node *command)
{
	return detach_guard_partition(command) != NULL;
}

/* Tells whether the present role has the rights of a table's owner. Others get PostgreSQL's refusal. */
static bool
detach_guard_is_owner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool is_owner;

	if (!HeapTupleIsValid(tuple))
		return false;
	is_owner = has_privs_of_role(GetUserId(), ((Form_pg_class) GETSTRUCT(tuple))->relowner);
	ReleaseSysCache(tuple);
	return is_owner;
}

/*
 * Finds the partition, and in *parent the table that it is to leave; InvalidOid where the command itself
 * will say what is wrong.
 */
Oid
detach_guard_find(const Node *command, Oid *parent)
{
	const RangeVar *name = detach_guard_partition(command);
	Oid relid;

	*parent = RangeVarGetRelid(((const AlterTableStmt *) command)->relation, NoLock, true);
	if (!OidIsValid(*parent) || !detach_guard_is_owner(*parent))
		return InvalidOid;
	relid = RangeVarGetRelid(name, NoLock, true);
	return OidIsValid(relid) && list_member_oid(source_parents(relid), *parent) ? relid
																				: InvalidOid;
}

/* Tables that leave a source. */
typedef struct DetachedTables
{
	const Source *source;
	List *tables;
} DetachedTables;

/*
 * Takes tables out of a source. Warnings are kept back, to the end of the subtransaction: the command
 * itself gives them when it ends.
 */
static void
detach_guard_count(void *argument)
{
	const DetachedTables *detached = argument;

	(void) NewGUCNestLevel();
	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	source_table_count(detached->source, detached->tables, -1, JUDGE_NOW, false);
}

/*
 * Raises what taking these tables out of a source raises, and leaves no trace. The subtransaction is
 * ended before an error goes on: outside of a transaction block nobody else would end it.
 */
static void
detach_guard_try(const Source *source, List *tables)
{
	DetachedTables detached = {source, tables};
	ErrorData *error = subtransaction_do(detach_guard_count, &detached, SUBTRANSACTION_UNDO);

	if (error != NULL)
		ReThrowError(error);
}

/* Judges the detaching of a partition with all below it, if it belongs to a source. */
static void
detach_guard_judge(Oid parent, Oid partition, CommandTag tag)
{
	Source *source = source_of_tree(parent);
	FollowContext context;
	ErrorContextCallback callback;
	List *tables;

	if (source == NULL)
		return;
	context.source = source->name;
	context.tag = tag;
	follow_push_context(&callback, &context);
	tables = source_tree_list(partition, NoLock);
	/* Of these the ones that were taken in: rows of others were never counted. */
	tables = list_difference_oid(tables,
								 list_difference_oid(tables, source_table_list(source->source_id)));
	detach_guard_try(source, tables);
	follow_pop_context(&callback);
}

PG_FUNCTION_INFO_V1(steering_guard_detach);

/* Event trigger at ddl_command_start. */
Datum
steering_guard_detach(PG_FUNCTION_ARGS)
{
	EventTriggerData *event = follow_event(fcinfo, "steering.guard_detach");
	Oid partition;
	Oid parent;

	if (!detach_guard_is_concerned(event->parsetree) || !own_installed())
		PG_RETURN_NULL();
	partition = detach_guard_find(event->parsetree, &parent);
	if (OidIsValid(partition))
		detach_guard_judge(parent, partition, event->tag);
	PG_RETURN_NULL();
}
