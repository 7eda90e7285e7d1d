/*
 * attempt.c
 *	  Doing with a source what may fail because of it, without failing: one owner's mapping is not to
 *	  stop the answers about all others.
 *
 * The work is done in a subtransaction: rolled back where it fails, kept where it comes to its end. What the
 * work allocates is gone afterwards.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "mapping/attempt.h"
#include "mapping/foreign_code.h"
#include "subtransaction.h"

/* A work, and the memory that it is done in. */
typedef struct Attempt
{
	AttemptWork work;
	void *context;
	MemoryContext memory;
} Attempt;

/* Does the work. An error tells where in the work it came, and nothing of who asked for it. */
static void
attempt_work(void *argument)
{
	const Attempt *attempt = argument;

	error_context_stack = NULL;
	MemoryContextSwitchTo(attempt->memory);
	attempt->work(attempt->context);
}

/*
 * Does some work; returns the error that it ended with, in the caller's memory, or NULL.
 *
 * Before PostgreSQL 17 a parallel query has no subtransactions: there an error is raised. So it is within an
 * owner's code, which may call itself: the attempt that this code is part of ends with the first error.
 */
ErrorData *
attempt(AttemptWork work, void *context)
{
	Attempt task = {work, context};
	ErrorData *error;

	if (IsInParallelMode() || foreign_code_is_running())
	{
		work(context);
		return NULL;
	}
	task.memory = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering attempt",
										ALLOCSET_DEFAULT_SIZES);
	error = subtransaction_do(attempt_work, &task, SUBTRANSACTION_KEEP);
	MemoryContextDelete(task.memory);

	/* The query as a whole is to end, by the server, not by this source. */
	if (error != NULL && subtransaction_must_fail(error))
		ReThrowError(error);
	return error;
}
