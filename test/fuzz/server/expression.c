/*
 * expression.c
 *	  Fuzz target: an expression as an argument of steering.attach(), parsed and checked within a server.
 *
 * The first byte chooses the argument, the rest is its text, for the table finance.line. What attach() would
 * take and store is read again whenever a mapping is compiled, its text is parsed when a dump is restored: so it
 * must be taken again. No input may raise an internal error. What an expression means is for test/t/012_expressions.pl.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodes.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

#include "mapping/expression.h"
#include "mapping/mapping.h"

#define FUZZ_LONGEST_MS 1000 /* what is constant is evaluated, however long that takes */

/* The driver of libFuzzer, which ends the process. */
extern int LLVMFuzzerRunDriver(int *argc, char ***argv,
							   int (*callback)(const uint8 *data, size_t size));

PGDLLEXPORT PG_FUNCTION_INFO_V1(fuzz_expression);

static TimeoutId fuzz_timeout;

/* Cancels an input that takes too long. */
static void
fuzz_cancel(void)
{
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* Ends the process as a crash, and says why. */
static void
fuzz_abort(const char *why, const char *text, const char *more)
{
	fprintf(stderr, "%s: \"%s\": %s\n", why, text, more);
	abort();
}

/* Parses and checks an expression as attach() does, and returns what is stored of it for people and dumps. */
static char *
fuzz_attach(Relation rel, MappingColumn column, const char *text, Expr **expression)
{
	*expression = expression_parse(rel, rel->rd_rel->relowner, column, text);
	expression_check(rel, rel->rd_rel->relowner, column, *expression, text);
	return expression_text(RelationGetRelid(rel), *expression);
}

/* Does with an expression what attach() does, and with what is stored what a mapping and a restore do. */
static void
fuzz_parse(Relation rel, MappingColumn column, const char *text, char *volatile *stored)
{
	Expr *expression;

	*stored = fuzz_attach(rel, column, text, &expression);
	(void) expression_plan(rel, stringToNode(nodeToString(expression)));
	*stored = fuzz_attach(rel, column, *stored, &expression);
	(void) expression_plan(rel, expression);
}

/* Looks at what an expression has raised. What was stored must be taken, unless it takes too long. */
static void
fuzz_judge_error(const char *text, const char *stored)
{
	ErrorData *error = CopyErrorData();

	FlushErrorState();
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTERNAL_ERROR)
		fuzz_abort("internal error", text, error->message);
	if (stored != NULL && error->sqlerrcode != ERRCODE_QUERY_CANCELED)
		fuzz_abort("stored and then refused", stored, error->message);
}

/* Tries one expression, and leaves nothing behind. */
static void
fuzz_try(MappingColumn column, const char *text)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext work = AllocSetContextCreate(caller, "fuzz", ALLOCSET_DEFAULT_SIZES);
	char *volatile stored = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(work);
	enable_timeout_after(fuzz_timeout, FUZZ_LONGEST_MS);
	PG_TRY();
	{
		Relation rel = table_openrv(makeRangeVar("finance", "line", -1), AccessShareLock);

		fuzz_parse(rel, column, text, &stored);
		table_close(rel, AccessShareLock);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(work);
		fuzz_judge_error(text, stored);
	}
	PG_END_TRY();
	disable_timeout(fuzz_timeout, false);
	QueryCancelPending = false;
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	MemoryContextDelete(work);
}

/* Tries one input. Text that is not of the server's encoding comes to no function. */
static int
fuzz_one_input(const uint8 *data, size_t size)
{
	char *text;

	if (size == 0 || memchr(data + 1, '\0', size - 1) != NULL ||
		!pg_verifymbstr((const char *) data + 1, (int) size - 1, true))
		return -1;
	text = pnstrdup((const char *) data + 1, size - 1);
	fuzz_try(data[0] % MAPPING_COLUMNS, text);
	pfree(text);
	return 0;
}

/* fuzz_expression(options): runs libFuzzer with these options, separated by blanks. The session ends with it. */
Datum
fuzz_expression(PG_FUNCTION_ARGS)
{
	char *options = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char **arguments = palloc0((strlen(options) + 3) * sizeof(char *));
	int count = 1;
	char *rest = NULL;

	arguments[0] = "expression";
	for (char *option = strtok_r(options, " ", &rest); option != NULL;
		 option = strtok_r(NULL, " ", &rest))
		arguments[count++] = option;
	fuzz_timeout = RegisterTimeout(USER_TIMEOUT, fuzz_cancel);
	PG_RETURN_INT32(LLVMFuzzerRunDriver(&count, &arguments, fuzz_one_input));
}
