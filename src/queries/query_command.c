/*
 * query_command.c
 *	  What a command can do to the tables of queries, as it is written.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"

#include "queries/query_command.h"

/*
 * Tells whether a command can put a table below another. What pg_restore runs once it has begun to make triggers cannot,
 * so that it finds none of its own made already.
 */
bool
query_command_adds(const Node *command)
{
	ListCell *cell;

	if (!IsA(command, AlterTableStmt))
		return true;
	foreach(cell, castNode(AlterTableStmt, command)->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, cell)->subtype;

		if (type == AT_AttachPartition || type == AT_AddInherit)
			return true;
	}
	return false;
}

/*
 * Tells whether a command does nothing to a table but add constraints, or settings that change no row. A query minds
 * neither, and pg_restore does so side by side to the tables of one.
 */
bool
query_command_only_constrains(const Node *command)
{
	ListCell *cell;

	if (!IsA(command, AlterTableStmt))
		return false;
	foreach(cell, castNode(AlterTableStmt, command)->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, cell)->subtype;

		if (type != AT_AddConstraint && type != AT_ClusterOn && type != AT_ReplicaIdentity &&
			type != AT_SetStatistics && type != AT_SetRelOptions && type != AT_EnableAlwaysTrig)
			return false;
	}
	return true;
}
