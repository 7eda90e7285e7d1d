/*
 * statement.c
 *	  What the running statement books, collected over all its triggers.
 *
 * One statement can fire several of our triggers: MERGE, upsert, writable CTEs, tables that hang
 * together by foreign keys. Each only collects what it sees, in a batch per source, and queues the
 * statement trigger "judge" on steering.cap_counter. PostgreSQL fires that once, after all triggers
 * that the statement has queued, and then everything is written in one order and judged by the net
 * effect. What is fired later still, by cascades of cascades, makes a second round.
 *
 * A trigger of somebody else may book by statements of its own. Such an inner statement is judged at its own
 * end, together with what the outer one has changed until then, since those rows are in the tables by now. On a view
 * it is the outer one that is judged, see view_statement.c.
 *
 * Batches live below TopTransactionContext. They carry the level of the subtransaction, with which
 * they are dropped when it aborts, and beyond which they are not ended: a rollback of an inner
 * subtransaction must not take back what an outer one booked. Where an inner one has to write them,
 * they stay until it is known whether that stands.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "bookings/apply.h"
#include "bookings/statement.h"
#include "ledger/counter.h"
#include "own.h"
#include "own_shape.h"
#include "rules/rulebook.h"

/* A batch of a statement whose triggers are still running. */
typedef struct StatementBatch
{
	int level;
	int written; /* the level of the inner subtransaction that has written it; 0: none */
	DeltaBatch *batch;
} StatementBatch;

static List *statement_batches = NIL; /* of StatementBatch, in TopTransactionContext */

/* Returns the batch for a source, made if there is none, to be filled. */
DeltaBatch *
statement_begin(Mapping *mapping)
{
	int level = GetCurrentTransactionNestLevel();
	int32 source_id = mapping_source(mapping)->source_id;
	StatementBatch *entry;
	MemoryContext caller;
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		entry = lfirst(cell);
		if (entry->level == level && delta_source(entry->batch)->source_id == source_id)
		{
			Assert(entry->written == 0);
			delta_set_mapping(entry->batch, mapping);
			return entry->batch;
		}
	}

	caller = MemoryContextSwitchTo(TopTransactionContext);
	entry = palloc0(sizeof(StatementBatch));
	entry->level = level;
	entry->batch = delta_begin(mapping, TopTransactionContext);
	statement_batches = lappend(statement_batches, entry);
	MemoryContextSwitchTo(caller);
	return entry->batch;
}

/* Tells whether something is collected that is not written. */
bool
statement_has_batches(void)
{
	return statement_batches != NIL;
}

/* Ends a batch that is written. */
void
statement_end(DeltaBatch *batch)
{
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		StatementBatch *entry = lfirst(cell);

		if (entry->batch != batch)
			continue;
		statement_batches = foreach_delete_current(statement_batches, cell);
		pfree(entry);
	}
	delta_end(batch);
}

/* Tells whether triggers fire under conditions, whose evaluation takes more of an executor. */
static bool
statement_has_condition(const TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (triggers->triggers[i].tgqual != NULL)
			return true;
	return false;
}

/* Queues the statement triggers on INSERT of a table, one of which is ours. */
static void
statement_fire(Relation rel)
{
	ResultRelInfo result = {.type = T_ResultRelInfo};
	EState *estate;
	MemoryContext caller;

	/* This much is all that is looked at now. Whoever fires the triggers makes what they need. */
	if (likely(!statement_has_condition(rel->trigdesc)))
	{
		EState nothing = {.type = T_EState};

		result.ri_RelationDesc = rel;
		result.ri_TrigDesc = rel->trigdesc;
		ExecASInsertTriggers(&nothing, &result, NULL);
		return;
	}
	estate = CreateExecutorState();
	caller = MemoryContextSwitchTo(estate->es_query_cxt);
	InitResultRelInfo(&result, rel, 0, NULL, 0);
	ExecASInsertTriggers(estate, &result, NULL);
	MemoryContextSwitchTo(caller);
	FreeExecutorState(estate);
}

/*
 * Has what the statement books written when all its triggers have run. The lock on the table of counters was
 * taken when the rulebook was entered.
 */
void
statement_queue(void)
{
	Relation rel = own_open(OWN_CAP_COUNTER, NoLock);

	statement_fire(rel);
	table_close(rel, NoLock);
}

/* Takes the batches of a subtransaction out of the list, and returns them. */
static List *
statement_take(int level)
{
	List *batches = NIL;
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		StatementBatch *entry = lfirst(cell);

		if (entry->level != level)
			continue;
		batches = lappend(batches, entry->batch);
		statement_batches = foreach_delete_current(statement_batches, cell);
		pfree(entry);
	}
	return batches;
}

/* Lists the batches of outer subtransactions that are not written, and notes them as written by this one. */
static List *
statement_borrow(int level)
{
	List *batches = NIL;
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		StatementBatch *entry = lfirst(cell);

		if (entry->level >= level || entry->written != 0)
			continue;
		entry->written = level;
		batches = lappend(batches, entry->batch);
	}
	return batches;
}

/*
 * Writes batches and ends them; with them those that are borrowed, which stay. An error leaves that to the end
 * of the transaction.
 */
static void
statement_write(List *batches, List *borrowed, Relation counters, JudgeWhen when)
{
	ListCell *cell;

	if (batches == NIL && borrowed == NIL)
		return;
	rulebook_reenter_booking();
	apply_batches(borrowed == NIL ? batches : list_concat(borrowed, batches), counters, when);
	foreach(cell, batches)
		delta_end(lfirst(cell));
	list_free(batches);
}

/*
 * Writes what the statements that run have booked until now, to be judged when the transaction commits.
 *
 * Either a trigger of somebody else is about to change structure, or to mend what is stored, within the
 * statement: what is counted then must not be charged once more. Or the transaction commits, and batches are
 * left because a superuser has disabled our trigger.
 */
void
statement_write_queued(void)
{
	int level = GetCurrentTransactionNestLevel();
	Relation counters;

	if (statement_batches == NIL)
		return;
	counters = counter_open();
	statement_write(statement_take(level), statement_borrow(level), counters, JUDGE_AT_COMMIT);
	counter_close(counters);
}

/* Drops what an aborted subtransaction collected. What it wrote of outer ones is to be written again. */
void
statement_abort_level(int level)
{
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		StatementBatch *entry = lfirst(cell);

		if (entry->written >= level)
			entry->written = 0;
		if (entry->level < level)
			continue;
		delta_end(entry->batch);
		statement_batches = foreach_delete_current(statement_batches, cell);
	}
}

/*
 * Gives what a committed subtransaction collected to its parent. What it wrote of an outer one is through
 * where that is the parent.
 */
void
statement_commit_level(int level)
{
	ListCell *cell;

	foreach(cell, statement_batches)
	{
		StatementBatch *entry = lfirst(cell);

		entry->level = Min(entry->level, level - 1);
		entry->written = Min(entry->written, level - 1);
		if (entry->written != entry->level)
			continue;
		delta_end(entry->batch);
		statement_batches = foreach_delete_current(statement_batches, cell);
	}
}

/* Forgets everything when the transaction is over; the memory goes with the transaction's. */
void
statement_forget_all(void)
{
	statement_batches = NIL;
}

PG_FUNCTION_INFO_V1(steering_judge);

/* Statement trigger on steering.cap_counter: writes and judges what the statement booked. */
Datum
steering_judge(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "steering.judge")));
	if (!own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_CAP_COUNTER))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" must be fired for table \"%s\"", "steering.judge",
							   "steering.cap_counter")));
	statement_write(statement_take(GetCurrentTransactionNestLevel()), NIL, trigger->tg_relation,
					JUDGE_BOOKING);
	return PointerGetDatum(NULL);
}
