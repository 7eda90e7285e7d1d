/*
 * check_problem.c
 *	  What rows of a dry run would be refused for, other than by a cap: each message once.
 *
 * A set may have many rows with the same mistake. They are told of together: how many they are, and which is
 * the first. All of it lives in the memory of whoever begins.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "bookings/check_problem.h"

/* Rows that would be refused with the same message. */
typedef struct CheckProblem
{
	const char *message;
	char status;
	CheckPhase phase;
	int sqlstate;
	char *service;     /* NULL: null */
	char *participant; /* NULL: null */
	int64 bookings;
	int64 first_row;
} CheckProblem;

#define SH_PREFIX problem_hash
#define SH_ELEMENT_TYPE CheckProblem
#define SH_KEY_TYPE const char *
#define SH_KEY message
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k), strlen(k))
#define SH_EQUAL(tb, a, b) (strcmp((a), (b)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* All of a dry run. */
struct CheckProblems
{
	problem_hash_hash *by_message;
};

/* Begins with none. */
CheckProblems *
check_problems_begin(void)
{
	CheckProblems *problems = palloc(sizeof(CheckProblems));

	problems->by_message = problem_hash_create(CurrentMemoryContext, 64, NULL);
	return problems;
}

/* Notes rows that would be refused for the same reason, or one. */
void
check_problem_note(CheckProblems *problems, CheckPhase phase, const MappedRow *row,
				   const Booking *booking, int64 bookings, int64 first_row)
{
	ErrorData *error = check_error(phase, booking_fault(row, booking), row, booking);
	CheckProblem *problem;
	bool found;

	/* Rows that would be refused with one and the same message are one problem. */
	problem = problem_hash_insert(problems->by_message, error->message, &found);
	if (!found)
	{
		problem->message = pstrdup(error->message);
		problem->phase = phase;
		problem->sqlstate = error->sqlerrcode;
		problem->service = row->service == NULL ? NULL : text_to_cstring(row->service);
		problem->participant = row->participant == NULL ? NULL : text_to_cstring(row->participant);
		problem->bookings = 0;
		problem->first_row = first_row;
	}
	problem->bookings += bookings;
	problem->first_row = Min(problem->first_row, first_row);
	FreeErrorData(error);
}

/* Orders problems as a statement would come upon them. */
static int
check_problem_compare(const void *a, const void *b)
{
	const CheckProblem *left = *(CheckProblem *const *) a;
	const CheckProblem *right = *(CheckProblem *const *) b;

	if (left->phase != right->phase)
		return left->phase < right->phase ? -1 : 1;
	if (left->first_row != right->first_row)
		return left->first_row < right->first_row ? -1 : 1;
	return strcmp(left->message, right->message);
}

/* Sets a column of text, which may be null. */
static void
check_problem_set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	if (text != NULL)
		values[column] = CStringGetTextDatum(text);
}

/* Puts out rows that would be refused. */
static void
check_problem_put(const CheckProblem *problem, ReturnSetInfo *result)
{
	Datum values[CHECK_BOOKINGS_COLUMNS] = {0};
	bool nulls[CHECK_BOOKINGS_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	check_problem_set_text(values, nulls, CHECK_SERVICE, problem->service);
	check_problem_set_text(values, nulls, CHECK_PARTICIPANT, problem->participant);
	check_problem_set_text(values, nulls, CHECK_VERDICT, "refuse");
	check_problem_set_text(values, nulls, CHECK_SQLSTATE, unpack_sql_state(problem->sqlstate));
	check_problem_set_text(values, nulls, CHECK_PROBLEM, problem->message);
	nulls[CHECK_BOOKINGS] = nulls[CHECK_FIRST_ROW] = false;
	values[CHECK_BOOKINGS] = Int64GetDatum(problem->bookings);
	values[CHECK_FIRST_ROW] = Int64GetDatum(problem->first_row);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out what would be refused, in order. */
void
check_problems_put(CheckProblems *problems, ReturnSetInfo *result)
{
	CheckProblem **list =
		MemoryContextAllocHuge(CurrentMemoryContext,
							   ((Size) problems->by_message->members + 1) * sizeof(CheckProblem *));
	problem_hash_iterator iterator;
	CheckProblem *problem;
	int count = 0;

	problem_hash_start_iterate(problems->by_message, &iterator);
	while ((problem = problem_hash_iterate(problems->by_message, &iterator)) != NULL)
		list[count++] = problem;
	qsort(list, count, sizeof(CheckProblem *), check_problem_compare);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_problem_put(list[i], result);
	}
}
