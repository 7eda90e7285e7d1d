/*
 * decision_run.c
 *	  Doing the act of a proposal; see decision_run.h.
 *
 * While it is done the guard does not answer what the act asks, but writes it down; who has it done judges
 * that. A trial is a subtransaction that is always rolled back, and leaves the questions in memory.
 *
 * A proposal is tried with the rights of its proposer, who learns of an error what he would learn by calling
 * the function himself. It is done as the owner of the extension, and it is only that function with those
 * arguments; what an error then says beyond its message is not for everybody who may sign.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "decisions/deciding.h"
#include "decisions/decision_run.h"
#include "own.h"
#include "subtransaction.h"

/* How much of what a function returned is kept. */
#define RUN_OUTCOME_ROWS 100

/* Returns the first columns of the rows in SPI_tuptable, in the given memory; NULL: there are none. */
static char *
run_outcome(MemoryContext memory)
{
	StringInfoData text;
	MemoryContext before = MemoryContextSwitchTo(memory);

	initStringInfo(&text);
	for (uint64 i = 0; i < Min(SPI_processed, RUN_OUTCOME_ROWS); i++)
	{
		char *value = own_spi_text(i, 1);

		if (value != NULL && value[0] != '\0')
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", value);
	}
	MemoryContextSwitchTo(before);
	return text.len > 0 ? text.data : NULL;
}

/* Calls the function as the extension's owner. */
static void
run_as_owner(const DecisionCall *call, MemoryContext memory, DecisionResult *result)
{
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(call->query, call->count, call->types, call->values, call->nulls);
	result->outcome = run_outcome(memory);
	own_spi_end(&spi);
}

/* Calls the function as the present role, which needs the right to execute it. */
static void
run_as_caller(const DecisionCall *call, MemoryContext memory, DecisionResult *result)
{
	int nest_level = own_pin_settings();

	SPI_connect();
	if (SPI_execute_with_args(call->query, call->count, call->types, call->values, call->nulls,
							  false, 0) < 0)
		elog(ERROR, "could not call the function of an act");
	result->outcome = run_outcome(memory);
	SPI_finish();
	own_unpin_settings(nest_level);
}

/* Calls the function, and writes down what it asks. */
static void
run_call(const DecisionCall *call, bool as_owner, MemoryContext memory, DecisionResult *result)
{
	DecidingRun run;
	MemoryContext before = MemoryContextSwitchTo(memory);

	deciding_begin(&run);
	MemoryContextSwitchTo(before);
	PG_TRY();
	{
		if (as_owner)
			run_as_owner(call, memory, result);
		else
			run_as_caller(call, memory, result);
	}
	PG_FINALLY();
	{
		deciding_end(&run);
	}
	PG_END_TRY();
	result->count = run.count;
	before = MemoryContextSwitchTo(memory);
	result->questions = psprintf("[%s]", run.questions.data);
	MemoryContextSwitchTo(before);
}

/* Takes what only some may read out of an error: the figures in its detail. */
static void
run_hide(ErrorData *error)
{
	if (pg_class_aclcheck(own_relation(OWN_CAP), GetSessionUserId(), ACL_SELECT) != ACLCHECK_OK)
	{
		error->detail = NULL;
		error->hint = NULL;
	}
}

/* What is to be done in a subtransaction. */
typedef struct RunWork
{
	const DecisionCall *call;
	bool as_owner;
	MemoryContext memory; /* where the result is to stay */
	DecisionResult *result;
} RunWork;

/* Does the work of a subtransaction: calls the function. */
static void
run_work(void *argument)
{
	RunWork *work = argument;

	run_call(work->call, work->as_owner, work->memory, work->result);
}

/* Does an act in a subtransaction, which is kept or undone; raises its error. */
static void
run(const DecisionCall *call, bool as_owner, SubtransactionEnd end, DecisionResult *result)
{
	RunWork work = {call, as_owner, CurrentMemoryContext, result};
	ErrorData *error = subtransaction_do(run_work, &work, end);

	if (error == NULL)
		return;
	if (as_owner)
		run_hide(error);
	ReThrowError(error);
}

/* Does an act and takes it back. */
void
decision_try(const DecisionCall *call, bool as_owner, DecisionResult *result)
{
	run(call, as_owner, SUBTRANSACTION_UNDO, result);
}

/* Does an act for good. */
void
decision_do(const DecisionCall *call, DecisionResult *result)
{
	run(call, true, SUBTRANSACTION_KEEP, result);
}
