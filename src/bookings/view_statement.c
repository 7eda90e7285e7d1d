/*
 * view_statement.c
 *	  Statements on views, of which the net effect is judged when they end.
 *
 * An INSTEAD OF trigger does by statements of its own what a statement on its view says: it may insert before it
 * deletes. So these are not judged each at its end but together, when the statement on the view ends; those in a
 * subtransaction that was begun since are judged by themselves (ledger/outer_statement.c). The executor's hooks tell
 * when a statement begins and ends. Were the end not to come, the commit would judge.
 *
 * The first booking of a session loads the library, perhaps within a statement on a view whose beginning was not
 * seen. The client's own statement is recognised by its portal. Within a function it is not: of the first booking
 * of a session, each statement that the trigger runs is judged by itself then.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "tcop/pquery.h"

#include "bookings/judge.h"
#include "bookings/view_statement.h"
#include "ledger/changed_counter.h"
#include "ledger/outer_statement.h"

static ExecutorStart_hook_type view_statement_next_start = NULL;
static ExecutorFinish_hook_type view_statement_next_finish = NULL;
static const PlannedStmt *view_statement_adopted = NULL; /* see view_statement_adopt() */

/* Tells whether a statement changes a view, so that triggers do it instead. */
static inline bool
view_statement_is(const PlannedStmt *plan)
{
	ListCell *cell;

	foreach(cell, plan->resultRelations)
		if (rt_fetch(lfirst_int(cell), plan->rtable)->relkind == RELKIND_VIEW)
			return true;
	return false;
}

/* Judges what a statement on a view came to. */
static void
view_statement_judge(void)
{
	List *judged = changed_counter_take_outer();
	List *refusals = NIL;
	ListCell *cell;

	if (judged == NIL)
		return;
	CommandCounterIncrement();
	foreach(cell, judged)
	{
		const ChangedCounter *changed = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		changed_counter_note_drawn(changed->key, judge_net(changed, changed->outer_net,
														   changed->outer_drawn, &refusals));
	}
	refusal_raise(refusals, REFUSAL_OF_BOOKINGS);
}

/*
 * Forgets the client's statement whose beginning was not seen, when another of his runs: its end came in functions
 * that did not know of the hooks yet. What it booked is left to the commit.
 */
static void
view_statement_drop_adopted(void)
{
	if (ActivePortal != NULL && list_member_ptr(ActivePortal->stmts, view_statement_adopted))
		return;
	(void) outer_statement_end(view_statement_adopted);
	view_statement_adopted = NULL;
}

/* Follows the beginning of a statement. */
static void
view_statement_start(QueryDesc *query, int flags)
{
	if (unlikely(view_statement_adopted != NULL))
		view_statement_drop_adopted();
	if (view_statement_next_start != NULL)
		view_statement_next_start(query, flags);
	else
		standard_ExecutorStart(query, flags);
	if (unlikely(view_statement_is(query->plannedstmt)) && (flags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		outer_statement_begin(query->plannedstmt, GetCurrentTransactionNestLevel());
}

/* Follows the end of a statement, after all its triggers. */
static void
view_statement_finish(QueryDesc *query)
{
	if (view_statement_next_finish != NULL)
		view_statement_next_finish(query);
	else
		standard_ExecutorFinish(query);
	if (unlikely(outer_statement_id != 0) && outer_statement_end(query->plannedstmt))
		view_statement_judge();
}

/* Takes a statement of the client on a view, which runs while the library is loaded, for one that has begun. */
static void
view_statement_adopt(void)
{
	const PlannedStmt *plan;

	if (ActivePortal == NULL || ActivePortal->status != PORTAL_ACTIVE || !IsTransactionState() ||
		ActivePortal->activeSubid != ActivePortal->createSubid ||
		list_length(ActivePortal->stmts) != 1)
		return;
	plan = linitial_node(PlannedStmt, ActivePortal->stmts);
	if (!view_statement_is(plan))
		return;
	outer_statement_begin(plan, ActivePortal->createLevel);
	view_statement_adopted = plan;
}

/* Registers the hooks; called once, when the library is loaded. */
void
view_statement_register_hooks(void)
{
	view_statement_next_start = ExecutorStart_hook;
	ExecutorStart_hook = view_statement_start;
	view_statement_next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = view_statement_finish;
	view_statement_adopt();
}
