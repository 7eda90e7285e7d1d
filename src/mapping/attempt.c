/*
 * attempt.c
 *	  Doing with a source what may fail because of it, without failing: one owner's mapping is not to
 *	  stop the answers about all others.
 *
 * The work is done in a subtransaction, which undoes what it left half done: locks, pins, the user, the
 * settings. It takes no transaction id as long as the work writes nothing, so this serves on a standby
 * too. What the work allocates is gone afterwards.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "mapping/attempt.h"
#include "mapping/owner.h"

/*
 * Tells whether an error says nothing about the source: the server is about to stop the query, or is out
 * of something. Such errors come from the server itself. A function can raise any SQLSTATE that it likes;
 * the name of its language then stands in the error, or that an owner's code was running (owner.c).
 *
 * A transaction that cannot be serialized says so again when it commits, at the latest.
 */
bool
attempt_must_fail(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (error->domain != NULL && strcmp(error->domain, PG_TEXTDOMAIN("postgres")) != 0)
		return false;
	return category == ERRCODE_OPERATOR_INTERVENTION ||
		   category == ERRCODE_INSUFFICIENT_RESOURCES || category == ERRCODE_SYSTEM_ERROR;
}

/*
 * Marks an error that came while an owner's code was running: whatever it says the server is out of, that code
 * can have used up, or asked for where there is none. What ends a query or a session is not marked.
 */
void
attempt_blame_owner(ErrorData *error)
{
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION)
		error->domain = PG_TEXTDOMAIN("sp71_steering");
}

/* Takes the present error out of the error state, into the memory of context. */
ErrorData *
attempt_catch(MemoryContext context)
{
	ErrorData *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

/* Does the work in a subtransaction, and in a memory of its own. Returns the error, in the caller's, or NULL. */
static ErrorData *
attempt_within(AttemptWork work, void *context, MemoryContext memory, MemoryContext caller)
{
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(memory);
	PG_TRY();
	{
		/* Whoever asks is not concerned: the error is to tell where it is in the work. */
		error_context_stack = NULL;
		work(context);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		error = attempt_catch(caller);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	return error;
}

/*
 * Does some work; returns the error that it ended with, in the caller's memory, or NULL.
 *
 * Within a parallel query there are no subtransactions before PostgreSQL 17: there it fails. So it does within an
 * owner's code, which may call itself: the attempt that this code is a part of ends with the first error.
 */
ErrorData *
attempt(AttemptWork work, void *context)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext memory;
	ErrorData *error;

	if (IsInParallelMode() || owner_is_at_work())
	{
		work(context);
		return NULL;
	}
	memory = AllocSetContextCreate(caller, "sp71_steering attempt", ALLOCSET_DEFAULT_SIZES);
	error = attempt_within(work, context, memory, caller);
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	MemoryContextDelete(memory);
	if (error != NULL && attempt_must_fail(error))
		ReThrowError(error);
	return error;
}
