/*
 * attach_problem_sql.c
 *	  steering.attach_problems(), the dry run of attach().
 *
 * It changes nothing, and locks no more than reading does. What attach() checks one after the other is tried
 * separately here, so that one failure does not hide the next.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "mapping/attempt.h"
#include "mapping/expression.h"
#include "sources/attach_problem.h"
#include "sources/distributed_table.h"
#include "sources/merge_rule.h"
#include "sources/missing_table.h"
#include "sources/source_table.h"
#include "sources/source_table_check.h"
#include "types/name_text.h"

/* Columns of the result. */
enum
{
	PROBLEM_PROBLEM,
	PROBLEM_ARGUMENT,
	PROBLEM_VALUE,
	PROBLEM_ROWS,
	PROBLEM_FIRST_ROW,
	PROBLEM_SQLSTATE,
	PROBLEM_DETAIL,
	PROBLEM_HINT,
	PROBLEM_AMOUNT,
	PROBLEM_USED,
	PROBLEM_AFTER,
	PROBLEM_BLOCKS_AT,
	PROBLEM_COLUMNS
};

/* One check of a table. */
typedef struct TableCheck
{
	AttachTrial *trial;
	Relation rel;
	void (*check)(const struct TableCheck *check);
} TableCheck;

/* One expression. */
typedef struct ExpressionCheck
{
	AttachTrial *trial;
	Relation rel;
	MappingColumn column;
	Expr *expression;
} ExpressionCheck;

/* Checks what kind of table it is. */
static void
check_kind(const TableCheck *check)
{
	source_table_check(check->rel);
}

/* Checks whose child it is. */
static void
check_parents(const TableCheck *check)
{
	source_table_check_parents(check->rel, check->trial->relids);
}

/* Checks that no function merges into it. */
static void
check_merge(const TableCheck *check)
{
	merge_rule_check(check->rel);
}

/* Checks that it belongs to no source. */
static void
check_free(const TableCheck *check)
{
	source_table_check_free(list_make1_oid(RelationGetRelid(check->rel)));
}

/* Checks that no source that was restored without its table has its name. */
static void
check_name(const TableCheck *check)
{
	missing_check_names(list_make1_oid(RelationGetRelid(check->rel)));
}

/* Does one check of a table. */
static void
check_table_work(void *argument)
{
	const TableCheck *check = argument;

	check->check(check);
}

/* Does one check of a table, and notes what is wrong. */
static void
check_table(TableCheck *check)
{
	ErrorData *error = attempt(check_table_work, check);

	if (error != NULL)
		attach_problem_note_error(check->trial->problems, ATTACH_WRONG_TABLE, "relation",
								  name_text_in_message(RelationGetRelid(check->rel)), error, NULL);
}

/* Checks all tables of the tree. A source is not to be free: then another mapping for it is tried. */
static void
check_tables(AttachTrial *trial)
{
	void (*const checks[])(const TableCheck *check) = {check_kind, check_parents, check_merge,
													   check_free, check_name};
	int count = trial->present == NULL ? lengthof(checks) : lengthof(checks) - 2;
	ListCell *cell;

	foreach(cell, trial->relids)
	{
		TableCheck check = {trial, relation_open(lfirst_oid(cell), NoLock)};

		for (int i = 0; i < count; i++)
		{
			check.check = checks[i];
			check_table(&check);
		}
		relation_close(check.rel, NoLock);
	}
}

/* Resolves one expression, into the memory of the trial. */
static void
check_expression_work(void *argument)
{
	ExpressionCheck *check = argument;

	MemoryContextSwitchTo(check->trial->context);
	check->expression = attach_request_expression(check->trial->request, check->rel, check->column);
}

/* Resolves the expressions over a table into a tree, and notes those that are wrong. */
static void
check_expressions(AttachTrial *trial, Relation rel, MappingTree *tree)
{
	for (int column = 0; column < MAPPING_COLUMNS; column++)
	{
		ExpressionCheck check = {trial, rel, column};
		ErrorData *error = attempt(check_expression_work, &check);

		tree->expressions[column] = error == NULL ? check.expression : NULL;
		if (error == NULL)
			continue;
		trial->absent |= (uint32) 1 << column;
		attach_problem_note_error(trial->problems, ATTACH_WRONG_EXPRESSION,
								  expression_argument(column), trial->request->expressions[column],
								  error, NULL);
	}
}

/* Tells whether a relation can have rows with columns. */
static bool
trial_has_columns(Relation rel)
{
	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			return true;
		default:
			return false;
	}
}

/* Finds all that is wrong with what is asked for. Works in context, which the problems outlive. */
void
attach_problems_find(const AttachRequest *request, AttachProblems *problems, MemoryContext context)
{
	Source source = {.relid = request->relid,
					 .name = name_text_in_message(request->relid),
					 .is_commitment = request->is_commitment,
					 .ignores_unknown = request->ignores_unknown,
					 .has_orders = request->expressions[MAPPING_REFERENCE] != NULL ||
								   request->expressions[MAPPING_RELEASES] != NULL};
	MappingTree tree;
	AttachTrial trial = {.request = request,
						 .source = &source,
						 .tree = &tree,
						 .context = context,
						 .problems = problems};
	Relation root;

	/* Bookings go on, unlike in attach(): what is found is true for the moment. */
	trial.relids = attach_lock_tree(request->relid, AccessShareLock);
	trial.present = source_by_relation(request->relid);
	check_tables(&trial);
	root = relation_open(request->relid, NoLock);
	if (trial_has_columns(root))
	{
		check_expressions(&trial, root, &tree);
		attach_trial_read(&trial, root);
	}
	relation_close(root, NoLock);
}

/* Fills in the figures of a cap. */
static void
problem_put_figures(const AttachProblem *problem, Datum *values, bool *nulls)
{
	nulls[PROBLEM_AMOUNT] = nulls[PROBLEM_USED] = nulls[PROBLEM_AFTER] = !problem->has_figures;
	nulls[PROBLEM_BLOCKS_AT] = !problem->has_block;
	values[PROBLEM_AMOUNT] = amount_to_numeric(problem->amount);
	values[PROBLEM_USED] = amount_to_numeric(problem->used);
	values[PROBLEM_AFTER] = amount_sum_to_numeric(problem->after);
	values[PROBLEM_BLOCKS_AT] = amount_to_numeric(problem->blocks_at);
}

/* Fills in a text; NULL is null. */
static void
problem_put_text(const char *text, Datum *value, bool *isnull)
{
	*isnull = text == NULL;
	if (text != NULL)
		*value = CStringGetTextDatum(text);
}

/* Puts out one problem. */
static void
problem_put(ReturnSetInfo *result, const AttachProblem *problem)
{
	Datum values[PROBLEM_COLUMNS] = {0};
	bool nulls[PROBLEM_COLUMNS] = {false};
	const char *sqlstate = problem->sqlstate == 0 ? NULL : unpack_sql_state(problem->sqlstate);

	problem_put_text(problem->problem, &values[PROBLEM_PROBLEM], &nulls[PROBLEM_PROBLEM]);
	problem_put_text(problem->argument, &values[PROBLEM_ARGUMENT], &nulls[PROBLEM_ARGUMENT]);
	problem_put_text(problem->value, &values[PROBLEM_VALUE], &nulls[PROBLEM_VALUE]);
	values[PROBLEM_ROWS] = Int64GetDatum(problem->rows);
	nulls[PROBLEM_ROWS] = problem->rows == 0;
	problem_put_text(problem->first_row, &values[PROBLEM_FIRST_ROW], &nulls[PROBLEM_FIRST_ROW]);
	problem_put_text(sqlstate, &values[PROBLEM_SQLSTATE], &nulls[PROBLEM_SQLSTATE]);
	problem_put_text(problem->detail, &values[PROBLEM_DETAIL], &nulls[PROBLEM_DETAIL]);
	problem_put_text(problem->hint, &values[PROBLEM_HINT], &nulls[PROBLEM_HINT]);
	problem_put_figures(problem, values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out all that was found, as the result of a function. */
void
attach_problems_put(FunctionCallInfo fcinfo, AttachProblems *problems)
{
	AttachProblem **list;
	int count;

	InitMaterializedSRF(fcinfo, 0);
	list = attach_problems_list(problems, &count);
	for (int i = 0; i < count; i++)
		problem_put((ReturnSetInfo *) fcinfo->resultinfo, list[i]);
}

PG_FUNCTION_INFO_V1(steering_attach_problems);

/*
 * attach_problems(relation, service, participant, booked_on, amount, volume, counts_when, stage, unknown,
 * accept_overrun): what attach() with these arguments would refuse, or let pass and is to be known.
 */
Datum
steering_attach_problems(PG_FUNCTION_ARGS)
{
	AttachProblems *problems = attach_problems_begin(CurrentMemoryContext);
	AttachRequest request;

	attach_request_read(fcinfo, &request);
	distributed_table_refuse_trial(request.relid, "steering.attach_problems()");
	attach_problems_find(&request, problems, CurrentMemoryContext);
	attach_problems_put(fcinfo, problems);
	return (Datum) 0;
}
