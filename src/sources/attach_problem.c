/*
 * attach_problem.c
 *	  What was found wrong with a table that is to be attached, counted by kind; see attach_problem.h.
 *
 * A table can have millions of rows that are each wrong in another way. So there is a limit to how many values
 * of a kind are told apart; those that come later are counted as one.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/elog.h"

#include "sources/attach_problem.h"

#define PROBLEM_MOST_VALUES 1000 /* of a kind, argument and SQLSTATE */
#define PROBLEM_MOST_BYTES 500   /* of a value, or a message */

/* A problem by what tells it from others. */
typedef struct ProblemEntry
{
	const char *key;
	char status;
	AttachProblem *problem; /* NULL: the entry counts values */
	int values;
} ProblemEntry;

#define SH_PREFIX problem_hash
#define SH_ELEMENT_TYPE ProblemEntry
#define SH_KEY_TYPE const char *
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k), strlen(k))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct AttachProblems
{
	MemoryContext context;
	problem_hash_hash *found;
};

/* Begins to collect, in context. */
AttachProblems *
attach_problems_begin(MemoryContext context)
{
	AttachProblems *problems = MemoryContextAllocZero(context, sizeof(AttachProblems));

	problems->context = context;
	problems->found = problem_hash_create(context, 64, NULL);
	return problems;
}

/* Finds what is kept under a key, or makes it. */
static ProblemEntry *
problem_entry(AttachProblems *problems, const char *key)
{
	ProblemEntry *entry = problem_hash_lookup(problems->found, key);
	bool found;

	if (entry != NULL)
		return entry;
	entry =
		problem_hash_insert(problems->found, MemoryContextStrdup(problems->context, key), &found);
	entry->problem = NULL;
	entry->values = 0;
	return entry;
}

/* Cuts a text off, between characters. */
static const char *
problem_clip(const char *text)
{
	int length = text == NULL ? 0 : strlen(text);

	if (length <= PROBLEM_MOST_BYTES)
		return text;
	return psprintf("%.*s...", pg_mbcliplen(text, length, PROBLEM_MOST_BYTES), text);
}

/* Copies a text into the memory of the problems. */
static const char *
problem_copy(AttachProblems *problems, const char *text)
{
	return text == NULL ? NULL : MemoryContextStrdup(problems->context, text);
}

/* Keeps a problem that was found for the first time. */
static AttachProblem *
problem_keep(AttachProblems *problems, const AttachProblem *found, const Mapping *row)
{
	AttachProblem *kept = MemoryContextAlloc(problems->context, sizeof(AttachProblem));

	*kept = *found;
	kept->rows = 0;
	kept->problem = problem_copy(problems, found->problem);
	kept->argument = problem_copy(problems, found->argument);
	kept->value = problem_copy(problems, problem_clip(found->value));
	kept->detail = problem_copy(problems, problem_clip(found->detail));
	kept->hint = problem_copy(problems, found->hint);
	kept->first_row = row == NULL ? NULL : problem_copy(problems, mapping_row_name(row));
	return kept;
}

/* Returns the key that problems of a kind have in common. */
static char *
problem_group(const AttachProblem *found)
{
	return psprintf("%d %d %s %s", (int) found->kind, found->sqlstate, found->problem,
					found->argument == NULL ? "" : found->argument);
}

/* Returns the key of a problem. Errors are told apart by what they say, all others by what they are about. */
static char *
problem_key(const char *group, const AttachProblem *found)
{
	const char *what = found->kind == ATTACH_ERROR ? found->detail : found->value;

	return psprintf("%s: %s", group, what == NULL ? "" : problem_clip(what));
}

/* Makes the problem that stands for all other values of a kind. */
static AttachProblem
problem_others(const AttachProblem *found)
{
	AttachProblem others = *found;

	others.is_others = true;
	others.value = NULL;
	others.detail = _("With other values than those of which each is told.");
	return others;
}

/* Finds a problem, or makes it; one of too many values becomes that of all others. */
static AttachProblem *
problem_find(AttachProblems *problems, const AttachProblem *found, const Mapping *row)
{
	char *group = problem_group(found);
	char *key = problem_key(group, found);
	ProblemEntry *entry = problem_hash_lookup(problems->found, key);
	AttachProblem others;

	if (entry != NULL)
		return entry->problem;
	/* The entry of the group counts how many of its values are told apart. */
	entry = problem_entry(problems, group);
	if (entry->values == PROBLEM_MOST_VALUES)
	{
		others = problem_others(found);
		found = &others;
		key = problem_key(group, found);
	}
	else
		entry->values++;
	entry = problem_entry(problems, key);
	if (entry->problem == NULL)
		entry->problem = problem_keep(problems, found, row);
	return entry->problem;
}

/*
 * Counts a problem: of a row, or of as many rows as it says itself. Returns it as it stands among the others.
 * Leaves memory behind.
 */
AttachProblem *
attach_problem_note(AttachProblems *problems, const AttachProblem *found, const Mapping *row)
{
	AttachProblem *problem = problem_find(problems, found, row);

	problem->rows += row == NULL ? found->rows : 1;
	return problem;
}

/* Notes an error of one of the first kinds. */
void
attach_problem_note_error(AttachProblems *problems, AttachProblemKind kind, const char *argument,
						  const char *value, const ErrorData *error, const Mapping *row)
{
	static const char *const words[] = {
		[ATTACH_WRONG_TABLE] = gettext_noop("wrong table"),
		[ATTACH_WRONG_QUERY] = gettext_noop("wrong query"),
		[ATTACH_WRONG_EXPRESSION] = gettext_noop("wrong expression"),
		[ATTACH_ERROR] = gettext_noop("error"),
	};
	AttachProblem found = {
		.kind = kind,
		.problem = words[kind],
		.argument = argument,
		.value = value,
		.sqlstate = error->sqlerrcode,
		.detail = error->detail == NULL ? error->message
										: psprintf("%s: %s", error->message, error->detail),
		.hint = error->hint,
	};

	(void) attach_problem_note(problems, &found, row);
}

/* Orders texts, NULL last. */
static int
problem_compare_text(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return (left == NULL) - (right == NULL);
	return strcmp(left, right);
}

/*
 * Orders problems: those that are refused first, then by kind, those with the most rows first. What stands for
 * many values is last of its kind.
 */
static int
problem_compare(const void *a, const void *b)
{
	const AttachProblem *left = *(AttachProblem *const *) a;
	const AttachProblem *right = *(AttachProblem *const *) b;
	int order;

	if ((left->sqlstate == 0) != (right->sqlstate == 0))
		return left->sqlstate == 0 ? 1 : -1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->is_others != right->is_others)
		return left->is_others ? 1 : -1;
	if (left->rows != right->rows)
		return left->rows > right->rows ? -1 : 1;
	order = problem_compare_text(left->problem, right->problem);
	if (order == 0)
		order = problem_compare_text(left->argument, right->argument);
	if (order == 0)
		order = problem_compare_text(left->value, right->value);
	return order != 0 ? order : problem_compare_text(left->detail, right->detail);
}

/* Returns all that was found, in order, in the caller's memory. */
AttachProblem **
attach_problems_list(AttachProblems *problems, int *count)
{
	AttachProblem **list = palloc((problems->found->members + 1) * sizeof(AttachProblem *));
	problem_hash_iterator iterator;
	ProblemEntry *entry;

	*count = 0;
	problem_hash_start_iterate(problems->found, &iterator);
	while ((entry = problem_hash_iterate(problems->found, &iterator)) != NULL)
		if (entry->problem != NULL && !entry->problem->is_candidate)
			list[(*count)++] = entry->problem;
	qsort(list, *count, sizeof(AttachProblem *), problem_compare);
	return list;
}
