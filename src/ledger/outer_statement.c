/*
 * outer_statement.c
 *	  Statements that run others, which are judged with them; see outer_statement.h.
 *
 * A stack in TopTransactionContext, the outermost first. Only that one counts: it judges what is run in the
 * subtransaction that it began in. What is run in a deeper one (a block that catches errors) is judged by itself,
 * since whoever opened that may want to catch the refusal.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "ledger/outer_statement.h"

typedef struct OuterStatement
{
	const void *key; /* its plan; a statement that runs itself within itself has it twice */
	int level;       /* of the subtransaction that it began in */
} OuterStatement;

uint32 outer_statement_id =
	0; /* tells the outermost apart from others of the session; 0: there is none */

static List *outer_statements = NIL;
static uint32 outer_statement_last_id = 0;

/* Notes that a statement begins. */
void
outer_statement_begin(const void *key, int level)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	OuterStatement *outer = palloc(sizeof(OuterStatement));

	outer->key = key;
	outer->level = level;
	if (outer_statements == NIL)
	{
		if (++outer_statement_last_id == 0)
			outer_statement_last_id = 1;
		outer_statement_id = outer_statement_last_id;
	}
	outer_statements = lappend(outer_statements, outer);
	MemoryContextSwitchTo(caller);
}

/* Takes away the last statement. */
static void
outer_statement_drop_last(void)
{
	pfree(llast(outer_statements));
	outer_statements = list_delete_last(outer_statements);
	if (outer_statements == NIL)
		outer_statement_id = 0;
}

/* Notes that a statement is over; returns whether it was the outermost. */
bool
outer_statement_end(const void *key)
{
	if (outer_statements == NIL || ((OuterStatement *) llast(outer_statements))->key != key)
		return false;
	outer_statement_drop_last();
	return outer_statements == NIL;
}

/* Tells whether what is booked now is judged when the outermost statement ends. */
bool
outer_statement_waits(void)
{
	return outer_statements != NIL && ((OuterStatement *) linitial(outer_statements))->level ==
										  GetCurrentTransactionNestLevel();
}

/* Drops the statements of a subtransaction that is aborted. */
void
outer_statement_abort_level(int level)
{
	while (outer_statements != NIL && ((OuterStatement *) llast(outer_statements))->level >= level)
		outer_statement_drop_last();
}

/* Forgets everything when the transaction is over; the memory goes with the transaction's. */
void
outer_statement_forget_all(void)
{
	outer_statements = NIL;
	outer_statement_id = 0;
}
