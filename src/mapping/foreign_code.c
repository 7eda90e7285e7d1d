/*
 * foreign_code.c
 *	  Running code that the owner of a finance table chose, and that nobody else trusts; see foreign_code.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "mapping/foreign_code.h"
#include "own.h"
#include "subtransaction.h"

static int foreign_code_depth = 0; /* how many works are being done, one within the other */

/* A work, and as whom it is done. */
typedef struct ForeignCodeTask
{
	Oid owner;
	bool pinned; /* settings are pinned; else they are as they are */
	ForeignCodeWork work;
	void *argument;
} ForeignCodeTask;

/* Does a work as its owner, with restricted means. The end of the subtransaction brings back user and settings. */
static void
foreign_code_work(void *argument)
{
	const ForeignCodeTask *task = argument;
	Oid user;
	int security_context;

	foreign_code_depth++;
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
		foreign_code_depth--;
		Assert(foreign_code_depth >= 0);
	}
	PG_END_TRY();
}

/*
 * Marks an error that came while an owner's code was running: whatever it says the server is out of, that code
 * can have used up, or asked for where there is none. What ends a query or a session is not marked.
 */
static void
foreign_code_blame(ErrorData *error)
{
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION)
		error->domain = PG_TEXTDOMAIN("sp71_steering");
}

/*
 * Does work as owner, with restricted means, and undoes all that it did, except in memory. Returns the error
 * that ended it, in the caller's memory, or NULL. The work begins in the caller's memory context.
 */
static ErrorData *
foreign_code_do(Oid owner, bool pinned, ForeignCodeWork work, void *argument)
{
	ForeignCodeTask task = {owner, pinned, work, argument};
	ErrorData *error = subtransaction_do(foreign_code_work, &task, SUBTRANSACTION_UNDO);

	if (error != NULL)
		foreign_code_blame(error);
	return error;
}

/* Does work as owner, with restricted means, and undoes all that it did, except in memory. */
void
foreign_code_run(Oid owner, ForeignCodeWork work, void *argument)
{
	ErrorData *error = foreign_code_do(owner, true, work, argument);

	if (error != NULL)
		ReThrowError(error);
}

/* The same, with the settings that are in force: what somebody wrote is to be read as he meant it. */
void
foreign_code_run_in_session(Oid owner, ForeignCodeWork work, void *argument)
{
	ErrorData *error = foreign_code_do(owner, false, work, argument);

	if (error != NULL)
		ReThrowError(error);
}

/*
 * The same, and returns an error instead of raising it; NULL: there was none. One that says nothing about
 * the work is raised all the same: the server is about to stop the query. So is any within another's work, as in
 * attempt().
 */
ErrorData *
foreign_code_try(Oid owner, ForeignCodeWork work, void *argument)
{
	ErrorData *error = foreign_code_do(owner, true, work, argument);

	if (error != NULL && (foreign_code_is_running() || subtransaction_must_fail(error)))
		ReThrowError(error);
	return error;
}

/* Tells whether an owner's code is running now, which is to change nothing. */
bool
foreign_code_is_running(void)
{
	return foreign_code_depth > 0;
}

/* Refuses to read bookings while an owner's code is running: reading them runs that code, again and again. */
void
foreign_code_refuse_reading(void)
{
	if (foreign_code_is_running())
		ereport(ERROR, (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
						errmsg("a function that a mapping calls cannot read bookings"),
						errhint("What a row comes to must not depend on what all rows come to.")));
}

/* Refuses to change a table whose rows are bookings, or parts of them, while an owner's code is running. */
void
foreign_code_refuse_change(Relation rel)
{
	if (foreign_code_is_running())
		ereport(ERROR,
				(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
				 errmsg("a function that a mapping calls cannot change table \"%s\"",
						RelationGetRelationName(rel)),
				 errhint("What a row comes to must not depend on whether it is looked at.")));
}
