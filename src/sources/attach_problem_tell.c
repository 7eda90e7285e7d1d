/*
 * attach_problem_tell.c
 *	  What attach() adds to an error with which it refuses a row: all that is wrong with the rows, by kind.
 */
#include "postgres.h"

#include "access/relation.h"
#include "lib/stringinfo.h"
#include "utils/rel.h"

#include "mapping/attempt.h"
#include "sources/attach_problem.h"
#include "types/shown.h"

#define KINDS_IN_AN_ERROR 10

/* Problems that differ in their value alone. */
typedef struct ToldKind
{
	const AttachProblem *most; /* that of the most rows */
	int64 rows;
	int values;
	bool has_others; /* of values that were not told apart */
} ToldKind;

/* What an error is to tell. */
typedef struct Telling
{
	AttachTrial *trial;
	ToldKind *kinds;
	int count;
} Telling;

/*
 * Tells whether two problems are of one kind. What is not about single rows is told by itself: a row counts in
 * several caps.
 */
static bool
tell_is_same_kind(const AttachProblem *a, const AttachProblem *b)
{
	return a->first_row != NULL && b->first_row != NULL && a->kind == b->kind &&
		   a->sqlstate == b->sqlstate && strcmp(a->problem, b->problem) == 0 &&
		   (a->argument == b->argument ||
			(a->argument != NULL && b->argument != NULL && strcmp(a->argument, b->argument) == 0));
}

/* Adds a problem to its kind. */
static void
tell_add(Telling *telling, const AttachProblem *problem)
{
	int i = 0;

	while (i < telling->count && !tell_is_same_kind(telling->kinds[i].most, problem))
		i++;
	if (i == telling->count)
		telling->kinds[telling->count++] = (ToldKind){.most = problem};
	telling->kinds[i].rows += problem->rows;
	telling->kinds[i].values++;
	telling->kinds[i].has_others |= problem->is_others;
}

/* Finds all that is wrong with the rows, in the memory of the trial. */
static void
tell_work(void *argument)
{
	Telling *telling = argument;
	Relation root = relation_open(telling->trial->source->relid, NoLock);
	AttachProblem **list;
	int count;

	MemoryContextSwitchTo(telling->trial->context);
	attach_trial_read(telling->trial, root);
	relation_close(root, NoLock);
	list = attach_problems_list(telling->trial->problems, &count);
	telling->kinds = palloc((count + 1) * sizeof(ToldKind));
	for (int i = 0; i < count && list[i]->sqlstate != 0; i++)
		tell_add(telling, list[i]);
}

/* Returns a kind in the words of the session: rows of attach_problems() have it in one language. */
static const char *
tell_problem(const AttachProblem *problem)
{
	if (problem->metric != NULL)
		return psprintf(_("%s cap is exceeded"), problem->metric);
	return _(problem->problem);
}

/* Appends how many other values a kind has. */
static void
tell_values(StringInfo detail, const ToldKind *kind)
{
	int others = kind->values - 1;

	if (kind->has_others)
		appendStringInfo(detail,
						 dngettext(TEXTDOMAIN, ") and at least %d other value",
								   ") and at least %d other values", others),
						 others);
	else
		appendStringInfo(detail,
						 dngettext(TEXTDOMAIN, ") and %d other value", ") and %d other values",
								   others),
						 others);
}

/* Appends one kind to the detail of an error. */
static void
tell_kind(StringInfo detail, const ToldKind *kind)
{
	const AttachProblem *most = kind->most;

	shown_append_rows(detail, kind->rows, kind->values == 1 ? most->first_row : NULL);
	if (most->kind == ATTACH_ERROR)
		appendStringInfo(detail, _(": argument \"%s\": %s"), most->argument, most->detail);
	else if (most->value == NULL)
		appendStringInfo(detail, ": %s", tell_problem(most));
	else
		appendStringInfo(detail, ": %s: \"%s\"", tell_problem(most), most->value);
	if (kind->values > 1)
	{
		appendStringInfoString(detail, " (");
		shown_append_rows(detail, most->rows, most->first_row);
		tell_values(detail, kind);
	}
}

/* Tells whether there is more to tell than errors do: those about caps name all of them, others one thing. */
static bool
tell_has_more(const Telling *telling)
{
	if (telling->count == 1)
		return telling->kinds[0].most->first_row != NULL;
	for (int i = 0; i < telling->count; i++)
		if (telling->kinds[i].most->kind != ATTACH_CAP_EXCEEDED)
			return true;
	return false;
}

/* Makes the detail of an error list all that is wrong, the first of it. */
static char *
tell_detail(const Telling *telling, const char *detail)
{
	StringInfoData text;

	initStringInfo(&text);
	if (detail != NULL)
		appendStringInfo(&text, "%s\n", detail);
	appendStringInfoString(&text, _("In all:"));
	for (int i = 0; i < Min(telling->count, KINDS_IN_AN_ERROR); i++)
	{
		appendStringInfoChar(&text, '\n');
		tell_kind(&text, &telling->kinds[i]);
	}
	if (telling->count > KINDS_IN_AN_ERROR)
		appendStringInfo(&text, _("\nand %d more kinds."), telling->count - KINDS_IN_AN_ERROR);
	return text.data;
}

/*
 * Adds to an error with which attach() has refused a row, or what rows do to a cap, all that is wrong with the
 * rows. An error that says it all by itself stays as it is, and so does one about which nothing is found.
 */
void
attach_problems_tell(const AttachRequest *request, const Source *source, const MappingTree *tree,
					 List *relids, ErrorData *error)
{
	AttachTrial trial = {.request = request,
						 .source = source,
						 .tree = tree,
						 .relids = relids,
						 .context = CurrentMemoryContext,
						 .problems = attach_problems_begin(CurrentMemoryContext)};
	Telling telling = {&trial};

	if (attempt(tell_work, &telling) != NULL || !tell_has_more(&telling))
		return;
	error->detail = tell_detail(&telling, error->detail);
	if (request->dry_run != NULL)
		error->hint = psprintf(_("%s%ssteering.%s() with the same arguments lists all."),
							   error->hint == NULL ? "" : error->hint,
							   error->hint == NULL ? "" : " ", request->dry_run);
}
