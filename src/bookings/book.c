/*
 * book.c
 *	  The triggers of attached finance tables: from the rows of a statement to a batch of deltas.
 *
 * Statement triggers with transition tables, read straight from their tuplestores. All triggers on
 * the same event of a table share one such tuplestore and its read position, so reading begins by
 * going back to the start. TRUNCATE has no transition table: its trigger fires before it, and counts
 * the rows that are about to go. TRUNCATE of several tables is judged by what it does in all, which is
 * known when the transaction commits.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "bookings/apply.h"
#include "bookings/delta.h"
#include "bookings/delta_relation.h"
#include "bookings/statement.h"
#include "call.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping.h"
#include "mapping/table_writing.h"
#include "rules/rulebook.h"

/* Checks that a call comes from a trigger as steering.attach() makes it. */
static void
book_check_trigger(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "steering.book")));
	if (!TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" must be fired for statement", "steering.book")));
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) != TRIGGER_FIRED_BEFORE(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"%s\" must be fired after INSERT, UPDATE or DELETE, or "
							   "before TRUNCATE",
							   "steering.book")));
}

/* Returns the mapping of the trigger's table. */
static Mapping *
book_mapping(TriggerData *trigger)
{
	Mapping *mapping = mapping_of(trigger->tg_relation);

	if (mapping == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has booking triggers but is not attached",
						RelationGetRelationName(trigger->tg_relation)),
				 errhint("Drop its triggers whose names begin with sp71_steering_, or attach "
						 "it with steering.attach().")));
	return mapping;
}

/* Adds the rows of a transition table to a batch. */
static void
book_transition(DeltaBatch *batch, Relation rel, Tuplestorestate *rows, int sign)
{
	TupleTableSlot *slot;

	if (rows == NULL || tuplestore_tuple_count(rows) == 0)
		return;

	/* Another trigger on the same event may have left the position anywhere. */
	slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	tuplestore_select_read_pointer(rows, 0);
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		delta_add_slot(batch, slot, sign);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Tells whether a statement has no rows for us. TRUNCATE of a table that Citus has distributed fires on the table, which
 * is empty, before it does on the shards.
 */
static bool
book_is_empty(TriggerData *trigger)
{
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		return !RELKIND_HAS_TABLE_AM(trigger->tg_relation->rd_rel->relkind) ||
			   RelationGetNumberOfBlocks(trigger->tg_relation) == 0;
	return (trigger->tg_oldtable == NULL || tuplestore_tuple_count(trigger->tg_oldtable) == 0) &&
		   (trigger->tg_newtable == NULL || tuplestore_tuple_count(trigger->tg_newtable) == 0);
}

/* The rows of a statement, on their way into a batch. */
typedef struct BookRows
{
	TriggerData *trigger;
	DeltaBatch *batch;
} BookRows;

/* Adds the rows that the statement has changed to a batch. */
static void
book_read_rows(void *argument)
{
	const BookRows *rows = argument;
	TriggerData *trigger = rows->trigger;

	book_transition(rows->batch, trigger->tg_relation, trigger->tg_oldtable, -1);
	book_transition(rows->batch, trigger->tg_relation, trigger->tg_newtable, 1);
}

/* Collects the rows that the statement has changed. */
static void
book_rows(TriggerData *trigger)
{
	Mapping *mapping = book_mapping(trigger);
	BookRows rows = {trigger, statement_begin(mapping)};

	mapping_read_rows(mapping, trigger->tg_relation, book_read_rows, &rows);

	/* What the transaction holds already is changed at once, without a lock; else the statement's end locks. */
	if (apply_in_memory(rows.batch))
		statement_end(rows.batch);
	else
		statement_queue();
}

/* Books the rows that are about to go. */
static void
book_truncate(TriggerData *trigger)
{
	DeltaBatch *batch = delta_begin(book_mapping(trigger), CurrentMemoryContext);

	/* TRUNCATE holds the table exclusively: no other session has a row in it that is not committed. */
	Assert(CheckRelationLockedByMe(trigger->tg_relation, AccessExclusiveLock, false));
	delta_add_relation(batch, trigger->tg_relation, -1, NULL);
	apply_batch(batch, JUDGE_AT_COMMIT);
	delta_end(batch);
}

PG_FUNCTION_INFO_V1(steering_watch);

/* Statement trigger on an attached table, before anything is done: notes that, and has the library loaded (cut_short.c). */
Datum
steering_watch(PG_FUNCTION_ARGS)
{
	const TriggerData *trigger = call_trigger(fcinfo);

	table_writing_begin(RelationGetRelid(trigger->tg_relation));
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(steering_book);

/*
 * Statement trigger on an attached table: books what the statement changed, or refuses it. While rows are
 * read in the name of a table's owner, a function of his changes nothing, and is told so.
 */
Datum
steering_book(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	book_check_trigger(fcinfo);
	if (!TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		table_writing_end(RelationGetRelid(trigger->tg_relation));
	if (book_is_empty(trigger))
		return PointerGetDatum(NULL);
	foreign_code_refuse_change(trigger->tg_relation);

	/* Before any row is read: from here on to the end of the transaction no cap, register or closing changes. */
	rulebook_enter_booking();
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		book_truncate(trigger);
	else
		book_rows(trigger);
	return PointerGetDatum(NULL);
}
