/*
 * commit.c
 *	  What happens to bookings at the end of a transaction, and of a subtransaction: the list of it, in its
 *	  order.
 *
 * The caches (rulebook, mappings, own relations) follow transactions by callbacks of their own, which
 * depend on nothing here.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "bookings/closed_change.h"
#include "bookings/commit.h"
#include "bookings/event.h"
#include "bookings/judge.h"
#include "bookings/statement.h"
#include "ledger/changed_counter.h"
#include "ledger/outer_statement.h"
#include "ledger/transaction.h"
#include "ledger/unwritten.h"
#include "mapping/table_writing.h"
#include "own.h"

/*
 * Judges the net effect of the transaction: on closed periods and then on caps, as for a statement. Repeats
 * that until nothing is left: a trigger that somebody put on one of our tables may book meanwhile.
 */
static void
commit_judge(void)
{
	List *judged;

	do
	{
		List *refusals = NIL;
		ListCell *cell;

		/* In each round: what a trigger booked meanwhile may lie in a closed period. */
		closed_change_judge_at_commit();
		judged = changed_counter_take_judged();
		foreach(cell, judged)
		{
			const ChangedCounter *changed = lfirst(cell);

			CHECK_FOR_INTERRUPTS();
			(void) judge_net(changed, 0, 0, &refusals);
		}
		refusal_raise(refusals, REFUSAL_OF_TRANSACTION);
	} while (judged != NIL);
}

/*
 * Does what must be done before the transaction commits or is prepared. Its statements are over, and so are
 * their snapshots: heap_row_write.c needs one.
 */
static void
commit_finish(void)
{
	Snapshot snapshot;

	if (!statement_has_batches() && !transaction_has_changes())
		return;

	/* Within the transaction the extension may have been dropped, and all caps with it. */
	if (!own_installed())
		return;
	statement_write_queued();
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	commit_judge();
	unwritten_write();
	UnregisterSnapshot(snapshot);
}

/* Forgets the transaction, which is over. PostgreSQL frees its memory. */
static void
commit_forget(void)
{
	outer_statement_forget_all();
	table_writing_forget_all();
	statement_forget_all();
	transaction_forget();
}

/*
 * Follows the transaction. PREPARE TRANSACTION refuses a transaction with notifications, so a
 * prepared one leaves its events without them. Parallel workers book nothing.
 */
static void
commit_xact_callback(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			commit_finish();
			event_send_notifications();
			break;
		case XACT_EVENT_PRE_PREPARE:
			/* PRE_COMMIT never comes for this transaction: what is not written now would be lost. */
			commit_finish();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			commit_forget();
			break;
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PARALLEL_ABORT:
			break;
	}
}

/* Follows subtransactions: what one has done becomes its parent's, or is undone. */
static void
commit_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						void *arg)
{
	int level = GetCurrentTransactionNestLevel();

	switch (event)
	{
		case SUBXACT_EVENT_ABORT_SUB:
			outer_statement_abort_level(level);
			table_writing_abort_level(level);
			statement_abort_level(level);
			transaction_abort_level(level);
			break;
		case SUBXACT_EVENT_COMMIT_SUB:
			table_writing_commit_level(level);
			statement_commit_level(level);
			transaction_commit_level(level);
			break;
		case SUBXACT_EVENT_START_SUB:
		case SUBXACT_EVENT_PRE_COMMIT_SUB:
			break;
	}
}

/* Registers the callbacks; called once, when the library is loaded. */
void
commit_register_callbacks(void)
{
	RegisterXactCallback(commit_xact_callback, NULL);
	RegisterSubXactCallback(commit_subxact_callback, NULL);
}
