/*
 * subtransaction.c
 *	  Doing work in a subtransaction, and returning the error that ended it.
 *
 * The end of the subtransaction brings back the user, the settings, and what the work held: locks, pins,
 * snapshots. It takes no transaction id as long as the work writes nothing, so this serves on a standby too.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "subtransaction.h"

/*
 * Does work in a subtransaction. Returns the error that ended it, in the caller's memory, or NULL. The work
 * begins in the caller's memory context too.
 */
ErrorData *
subtransaction_do(SubtransactionWork work, void *argument, SubtransactionEnd end)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		work(argument);
		/* Within PG_TRY(): its end can fail too. */
		if (end == SUBTRANSACTION_KEEP)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error != NULL || end == SUBTRANSACTION_UNDO)
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = resources;
	return error;
}

/*
 * Tells whether an error says nothing about the work: the server is about to stop the query, or is out of
 * something. Such errors come from the server itself. A function can raise any SQLSTATE that it likes; the
 * name of its language then stands in the error, or that an owner's code was running (foreign_code.c).
 *
 * A transaction that cannot be serialized says so again when it commits, at the latest.
 */
bool
subtransaction_must_fail(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (error->domain != NULL && strcmp(error->domain, PG_TEXTDOMAIN("postgres")) != 0)
		return false;
	return category == ERRCODE_OPERATOR_INTERVENTION ||
		   category == ERRCODE_INSUFFICIENT_RESOURCES || category == ERRCODE_SYSTEM_ERROR;
}
