/*
 * owner.c
 *	  Running code that the owner of a finance table chose, and that nobody else trusts; see owner.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "mapping/owner.h"
#include "mapping/subtransaction.h"
#include "own.h"

static int owner_depth = 0; /* how many works are being done, one within the other */

/* A work, and as whom it is done. */
typedef struct OwnerTask
{
	Oid owner;
	bool pinned; /* settings are pinned; else they are as they are */
	OwnerWork work;
	void *argument;
} OwnerTask;

/* Does a work as its owner, with restricted means. The end of the subtransaction brings back user and settings. */
static void
owner_work(void *argument)
{
	const OwnerTask *task = argument;
	Oid user;
	int security_context;

	owner_depth++;
	PG_TRY();
	{
		GetUserIdAndSecContext(&user, &security_context);
		SetUserIdAndSecContext(task->owner, security_context | SECURITY_RESTRICTED_OPERATION);
		if (task->pinned)
			(void) own_pin_settings();
		task->work(task->argument);
	}
	PG_FINALLY();
	{
		owner_depth--;
		Assert(owner_depth >= 0);
	}
	PG_END_TRY();
}

/*
 * Marks an error that came while an owner's code was running: whatever it says the server is out of, that code
 * can have used up, or asked for where there is none. What ends a query or a session is not marked.
 */
static void
owner_blame(ErrorData *error)
{
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION)
		error->domain = PG_TEXTDOMAIN("sp71_steering");
}

/*
 * Does work as owner, with restricted means, and undoes whatever it did but in memory. Returns the error
 * that ended it, in the caller's memory, or NULL. The work begins in the caller's memory context.
 */
static ErrorData *
owner_do(Oid owner, bool pinned, OwnerWork work, void *argument)
{
	OwnerTask task = {owner, pinned, work, argument};
	ErrorData *error = subtransaction_do(owner_work, &task, SUBTRANSACTION_UNDO);

	if (error != NULL)
		owner_blame(error);
	return error;
}

/* Does work as owner, with restricted means, and undoes whatever it did but in memory. */
void
owner_run(Oid owner, OwnerWork work, void *argument)
{
	ErrorData *error = owner_do(owner, true, work, argument);

	if (error != NULL)
		ReThrowError(error);
}

/* The same, with the settings that are in force: what somebody wrote is to be read as he meant it. */
void
owner_run_in_session(Oid owner, OwnerWork work, void *argument)
{
	ErrorData *error = owner_do(owner, false, work, argument);

	if (error != NULL)
		ReThrowError(error);
}

/*
 * The same, and returns an error instead of raising it; NULL: there was none. One that says nothing about
 * the work is raised all the same: the server is about to stop the query. So is any within another's work, as in
 * attempt().
 */
ErrorData *
owner_try(Oid owner, OwnerWork work, void *argument)
{
	ErrorData *error = owner_do(owner, true, work, argument);

	if (error != NULL && (owner_is_at_work() || subtransaction_must_fail(error)))
		ReThrowError(error);
	return error;
}

/* Tells whether an owner's code is running now, which is to change nothing. */
bool
owner_is_at_work(void)
{
	return owner_depth > 0;
}

/* Refuses to read bookings while an owner's code is running: reading them runs that code, again and again. */
void
owner_refuse_reading(void)
{
	if (owner_is_at_work())
		ereport(ERROR, (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
						errmsg("a function that a mapping calls cannot read bookings"),
						errhint("What a row comes to must not depend on what all rows come to.")));
}
