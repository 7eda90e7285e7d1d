/*
 * attach_problem.h
 *	  What is wrong with a table that is to be attached: all kinds of it, each with how many rows.
 *
 * attach() stops at the first row that it refuses; whoever mends a table wants to see all. So
 * attach_problems() does what attach() would, without doing it, and notes all that fails; and attach() does
 * the same when it has refused a row. It all lives in the memory of whoever begins.
 */
#ifndef SP71_ATTACH_PROBLEM_H
#define SP71_ATTACH_PROBLEM_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/row_progress.h"
#include "mapping/mapping_tree.h"
#include "rules/rulebook.h"
#include "sources/attach_request.h"
#include "utils/elog.h"
#include "utils/relcache.h"

/* Kinds of problems, in the order in which they are told. */
typedef enum AttachProblemKind
{
	ATTACH_WRONG_TABLE,
	ATTACH_WRONG_QUERY,
	ATTACH_WRONG_EXPRESSION,
	ATTACH_ERROR, /* evaluating a row */
	ATTACH_NULL,
	ATTACH_UNKNOWN_CODE,
	ATTACH_INFINITE_DATE,
	ATTACH_NOT_VALID_ON,
	ATTACH_ORDER,
	ATTACH_PERIOD_CLOSED,
	ATTACH_CAP_MISSING,
	ATTACH_CAP_EXCEEDED,
	ATTACH_SUM_TOO_LARGE,
	ATTACH_CAP_STEP
} AttachProblemKind;

/* One kind of problem with one value. */
typedef struct AttachProblem
{
	AttachProblemKind kind;
	const char *problem;   /* the kind in words */
	const char *metric;    /* of a cap that is exceeded; or NULL */
	const char *argument;  /* of attach(), or NULL */
	const char *value;     /* what it is about, or NULL: of errors, many */
	int sqlstate;          /* 0: attach() does not refuse it */
	const char *detail;    /* may be NULL */
	const char *hint;      /* may be NULL */
	int64 rows;            /* 0: it is not about rows */
	const char *first_row; /* NULL: it is not about rows, or not known */
	bool is_others;        /* stands for values that are not told apart */
	bool is_candidate;     /* only a problem when it turns out to be */
	bool has_figures;      /* of a cap that the caller may read */
	bool has_block;
	Amount amount;
	Amount blocks_at;
	Amount used;
	int128 after;
} AttachProblem;

typedef struct AttachProblems AttachProblems;

/* A table that is looked at. */
typedef struct AttachTrial
{
	const AttachRequest *request;
	const Source *source;  /* of attach(); or as it would be, without a number */
	const Source *present; /* that of the table now, which its bookings would leave; or NULL */
	const MappingTree *tree;
	uint32 absent; /* columns, as bits, whose expressions are wrong */
	List *relids;  /* the table first, and all that belong to it */
	MemoryContext context;
	AttachProblems *problems;
	RowProgress progress; /* through the rows */
	DeltaBatch *batch;    /* bookings of the rows with which nothing is wrong */
} AttachTrial;

/* attach_problem.c: what was found */
extern AttachProblems *attach_problems_begin(MemoryContext context);
extern AttachProblem *attach_problem_note(AttachProblems *problems, const AttachProblem *found,
										  const Mapping *row);
extern void attach_problem_note_error(AttachProblems *problems, AttachProblemKind kind,
									  const char *argument, const char *value,
									  const ErrorData *error, const Mapping *row);
extern AttachProblem **attach_problems_list(AttachProblems *problems, int *count);

/* attach_problem_row.c: reading the rows */
extern void attach_trial_read(AttachTrial *trial, Relation root);

/* attach_problem_order.c: what the rows would do to order lines */
extern DeltaBatch *attach_trial_foresee(AttachTrial *trial, List *batches);

/* attach_problem_cap.c: what the rows would do to caps and closed periods */
extern const ClosedRange *attach_trial_closed(DateADT day);
extern void attach_trial_note_closed(AttachTrial *trial, const ClosedRange *closed,
									 const Mapping *row);
extern void attach_trial_judge(AttachTrial *trial);

/* attach_problem_sql.c: all that is wrong with what is asked for, and putting it out */
extern void attach_problems_find(const AttachRequest *request, AttachProblems *problems,
								 MemoryContext context);
extern void attach_problems_put(FunctionCallInfo fcinfo, AttachProblems *problems);

/* attach_problem_tell.c: what attach() adds to an error */
extern void attach_problems_tell(const AttachRequest *request, const Source *source,
								 const MappingTree *tree, List *relids, ErrorData *error);

#endif
