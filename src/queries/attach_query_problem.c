/*
 * attach_query_problem.c
 *	  steering.attach_query_problems(), the dry run of attach_query().
 *
 * What the query says of all rows is written to a booking table as attach_query() makes it, which attach_problems()
 * looks at like any other. It is made in a subtransaction that is rolled back, so nothing is left of it; and nobody
 * waits, since the tables of the query are only read, and not locked against who writes them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lockdefs.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"

#include "queries/attach_query_request.h"
#include "queries/booking_pairs.h"
#include "queries/booking_table.h"
#include "sources/attach_problem.h"
#include "subtransaction.h"

/* A query that is tried. */
typedef struct QueryTrial
{
	AttachQuery attach;
	AttachProblems *problems;
	bool is_reading; /* what fails now fails for a row */
} QueryTrial;

/* Notes that the booking table cannot have its name. */
static void
query_trial_note_name(const QueryTrial *trial, const char *name)
{
	AttachProblem found = {
		.kind = ATTACH_WRONG_TABLE,
		.problem = gettext_noop("name is taken"),
		.argument = "name",
		.value = name,
		.sqlstate = ERRCODE_DUPLICATE_TABLE,
		.detail = _("There is a relation of the name that the booking table is to have."),
		.hint = _(
			"Give it another name, by the argument name; or detach the source first, if it is one."),
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Makes the booking table of a stage, under another name where its own is taken. */
static Oid
query_trial_table(const QueryTrial *trial, const BookingQuery *query, bool is_second)
{
	Oid lines = booking_query_lines(query);
	Oid schema = get_rel_namespace(lines);
	const char *name = attach_query_name(&trial->attach, lines, is_second);

	if (OidIsValid(get_relname_relid(name, schema)))
	{
		query_trial_note_name(trial, name);
		name = ChooseRelationName(name, NULL, "trial", schema, false);
	}
	return booking_table_create(query, name);
}

/* Tries the bookings of one stage. */
static void
query_trial_stage(QueryTrial *trial, const char *stage, bool is_second)
{
	BookingQuery *query = attach_query_make(&trial->attach, stage);
	AttachRequest request;

	query->booking_table = query_trial_table(trial, query, is_second);
	trial->is_reading = true;
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_UNBOOKED);
	trial->is_reading = false;
	CommandCounterIncrement();
	request = attach_query_request(&trial->attach, query, stage);
	attach_problems_find(&request, trial->problems, CurrentMemoryContext);
}

/* Tries a query. */
static void
query_trial_work(void *argument)
{
	QueryTrial *trial = argument;

	attach_query_resolve(&trial->attach, AccessShareLock);
	if (!attach_query_has_stages(&trial->attach))
		query_trial_stage(trial, trial->attach.stage, false);
	else
	{
		query_trial_stage(trial, "actual", false);
		query_trial_stage(trial, "commitment", true);
	}
}

/*
 * Notes the error that ended the trial: the query is wrong, or a row that it cannot say what it comes to. That the
 * caller may not ask, and what says nothing about the query, is raised.
 */
static void
query_trial_note(const QueryTrial *trial, ErrorData *error)
{
	if (subtransaction_must_fail(error) || error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK)
		ReThrowError(error);
	attach_problem_note_error(trial->problems,
							  trial->is_reading ? ATTACH_ERROR : ATTACH_WRONG_QUERY, "query", NULL,
							  error, NULL);
}

PG_FUNCTION_INFO_V1(steering_attach_query_problems);

/*
 * attach_query_problems(query, stage, unknown, accept_overrun, name, headers, promise_unique): what attach_query() with
 * these arguments would refuse, or let pass and is to be known.
 */
Datum
steering_attach_query_problems(PG_FUNCTION_ARGS)
{
	QueryTrial trial = {.attach.is_trial = true,
						.problems = attach_problems_begin(CurrentMemoryContext)};
	ErrorData *error;

	attach_query_read(fcinfo, &trial.attach);
	PreventCommandIfReadOnly("attach_query_problems()");
	error = subtransaction_do(query_trial_work, &trial, SUBTRANSACTION_UNDO);
	if (error != NULL)
		query_trial_note(&trial, error);
	attach_problems_put(fcinfo, trial.problems);
	return (Datum) 0;
}
