/*
 * cut_short.c
 *	  Statements that end before all their rows were asked for.
 *
 * Whoever runs INSERT, UPDATE or DELETE with RETURNING through SPI can stop after some rows (spi_exec_query
 * of PL/Perl and execute() of PL/Python have a limit). These rows are written, and PostgreSQL does not fire the
 * AFTER STATEMENT triggers. When the executor finishes such a statement, those of ours are queued here, so that
 * what it has written is booked and judged like any other.
 *
 * That takes the library, which may not be loaded in the session yet. So each table of a source, or of a
 * query, has a BEFORE STATEMENT trigger, which has it loaded.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"

#include "bookings/cut_short.h"

static ExecutorFinish_hook_type cut_short_next_hook = NULL;

/* Returns a function of ours; InvalidOid: it is not there. */
static Oid
cut_short_function(char *name)
{
	return LookupFuncName(list_make2(makeString(STEERING_SCHEMA), makeString(name)), 0, NULL, true);
}

/* Copies those of a table's triggers that book, or follow queries, to *ours; false: there is none. */
static bool
cut_short_triggers(const TriggerDesc *all, TriggerDesc *ours)
{
	Oid book = cut_short_function("book");
	Oid follow = cut_short_function("follow_query");

	*ours = *all;
	ours->numtriggers = 0;
	ours->triggers = palloc(all->numtriggers * sizeof(Trigger));
	for (int i = 0; i < all->numtriggers; i++)
		if (all->triggers[i].tgqual == NULL &&
			(all->triggers[i].tgfoid == book || all->triggers[i].tgfoid == follow))
			ours->triggers[ours->numtriggers++] = all->triggers[i];
	return ours->numtriggers > 0;
}

/* Queues the triggers of a table at the end of a statement, as the executor does. */
static void
cut_short_fire(ModifyTableState *state, ResultRelInfo *table)
{
	const ModifyTable *plan = (const ModifyTable *) state->ps.plan;
	EState *estate = state->ps.state;
	CmdType operation = state->operation;
	bool merges = operation == CMD_MERGE;
	int merged = state->mt_merge_subcommands;

	if (operation == CMD_INSERT && plan->onConflictAction == ONCONFLICT_UPDATE)
		ExecASUpdateTriggers(estate, table, state->mt_oc_transition_capture);
	if (operation == CMD_DELETE || (merges && (merged & MERGE_DELETE) != 0))
		ExecASDeleteTriggers(estate, table, state->mt_transition_capture);
	if (operation == CMD_UPDATE || (merges && (merged & MERGE_UPDATE) != 0))
		ExecASUpdateTriggers(estate, table, state->mt_transition_capture);
	if (operation == CMD_INSERT || (merges && (merged & MERGE_INSERT) != 0))
		ExecASInsertTriggers(estate, table, state->mt_transition_capture);
}

/* Has booked what a statement that was cut short has written. */
static void
cut_short_book(ModifyTableState *state)
{
	ResultRelInfo table = *state->rootResultRelInfo;
	TriggerDesc ours;

	if (table.ri_TrigDesc == NULL || !cut_short_triggers(table.ri_TrigDesc, &ours))
		return;
	table.ri_TrigDesc = &ours;
	cut_short_fire(state, &table);
}

/*
 * Tells whether a statement was cut short: it has begun to change rows, and has not come to the end of them.
 * What WITH changes is always brought to its end.
 */
static inline bool
cut_short_is(const PlanState *state)
{
	const ModifyTableState *modify = (const ModifyTableState *) state;

	return state != NULL && IsA(state, ModifyTableState) && !modify->mt_done &&
		   !modify->fireBSTriggers;
}

/* Follows the end of a statement, before its queued triggers fire. */
static void
cut_short_finish(QueryDesc *query)
{
	if (unlikely(cut_short_is(query->planstate)))
	{
		MemoryContext caller = MemoryContextSwitchTo(query->estate->es_query_cxt);

		cut_short_book((ModifyTableState *) query->planstate);
		MemoryContextSwitchTo(caller);
	}
	if (cut_short_next_hook != NULL)
		cut_short_next_hook(query);
	else
		standard_ExecutorFinish(query);
}

/* Registers the hook; called once, when the library is loaded. */
void
cut_short_register_hooks(void)
{
	cut_short_next_hook = ExecutorFinish_hook;
	ExecutorFinish_hook = cut_short_finish;
}
