/*
 * follow.c
 *	  What the event triggers share: the commands that they follow, the event that they are called for, and what errors
 *	  say of it.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"

#include "sources/follow.h"

/*
 * Tells whether a command can change tables, the names and types of their columns, or functions that are called with
 * these. Most cannot, and CREATE TEMP TABLE should be quick.
 */
static bool
follow_can_change_tables(const Node *command)
{
	switch (nodeTag(command))
	{
		case T_CreateStmt:
			return ((const CreateStmt *) command)->inhRelations != NIL;
		case T_CreateForeignTableStmt:
			return ((const CreateForeignTableStmt *) command)->base.inhRelations != NIL;
		case T_CreateSchemaStmt:
		case T_CreateFunctionStmt:
		case T_AlterFunctionStmt:
		case T_AlterExtensionStmt:
		case T_AlterTableStmt:
		case T_AlterTypeStmt:
		case T_RenameStmt:
		case T_AlterObjectSchemaStmt:
		case T_AlterEnumStmt:
			return true;
		default:
			return false;
	}
}

/* Tells whether a command can change a source: its tables, or what its mapping or query needs. */
bool
follow_can_change_sources(const Node *command)
{
	if (follow_can_change_tables(command))
		return true;
	switch (nodeTag(command))
	{
		case T_CreateExtensionStmt:
		case T_AlterDomainStmt:
		case T_AlterOperatorStmt:
		case T_AlterCollationStmt:
		case T_AlterTSConfigurationStmt:
		case T_AlterTSDictionaryStmt:
			return true;
		case T_DefineStmt:
			/* CREATE OR REPLACE AGGREGATE: what is new is needed by no mapping or query. */
			return ((const DefineStmt *) command)->replace;
		default:
			return false;
	}
}

/* Returns the event that a function is called for. */
EventTriggerData *
follow_event(FunctionCallInfo fcinfo, const char *function)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by event trigger manager", function)));
	return (EventTriggerData *) fcinfo->context;
}

/* Says in an error which command and which source it is about. */
static void
follow_error_callback(void *arg)
{
	FollowContext *context = arg;

	if (context->source == NULL)
		errcontext("%s of a source", GetCommandTagName(context->tag));
	else
		errcontext("%s, which concerns source \"%s\"", GetCommandTagName(context->tag),
				   context->source);
}

/* Has errors say what is being followed, until follow_pop_context(). */
void
follow_push_context(ErrorContextCallback *callback, FollowContext *context)
{
	callback->callback = follow_error_callback;
	callback->arg = context;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/* Undoes follow_push_context(). */
void
follow_pop_context(ErrorContextCallback *callback)
{
	Assert(error_context_stack == callback);
	error_context_stack = callback->previous;
}
