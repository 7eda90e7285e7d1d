/*
 * table_writing.c
 *	  Attached tables that statements of this session are writing.
 *
 * A statement writes from its BEFORE STATEMENT trigger on (watch) until the AFTER STATEMENT trigger of the same table
 * tells what it has changed (book). Both fire once for each of INSERT, UPDATE and DELETE that a statement can do, also for
 * what foreign keys do. Where one of them is off, or a statement fails, what is left goes with its subtransaction or
 * transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "mapping/table_writing.h"

typedef struct TableWriting
{
	Oid relid;
	int level; /* of the subtransaction that it began in */
} TableWriting;

static TableWriting *table_writings = NULL; /* kept for the session, the latest last */
static int table_writing_count = 0;
static int table_writing_room = 0;

/* Makes room for one more. */
static void
table_writing_grow(void)
{
	int room = Max(8, 2 * table_writing_room);
	Size size = room * sizeof(TableWriting);

	table_writings = table_writings == NULL ? MemoryContextAlloc(TopMemoryContext, size)
											: repalloc(table_writings, size);
	table_writing_room = room;
}

/* Notes that a statement is about to write a table. */
void
table_writing_begin(Oid relid)
{
	if (unlikely(table_writing_count == table_writing_room))
		table_writing_grow();
	table_writings[table_writing_count++] =
		(TableWriting){.relid = relid, .level = GetCurrentTransactionNestLevel()};
}

/* Notes that what the last such statement has changed is told. */
void
table_writing_end(Oid relid)
{
	int i = table_writing_count - 1;

	while (i >= 0 && table_writings[i].relid != relid)
		i--;
	if (i < 0)
		return;
	table_writing_count--;
	memmove(&table_writings[i], &table_writings[i + 1],
			(table_writing_count - i) * sizeof(TableWriting));
}

/* Tells whether a statement is writing any table. */
bool
table_writing_any(void)
{
	return table_writing_count > 0;
}

/* Tells whether a statement is writing this table. */
bool
table_writing_is(Oid relid)
{
	for (int i = 0; i < table_writing_count; i++)
		if (table_writings[i].relid == relid)
			return true;
	return false;
}

/* Drops the statements of a subtransaction that is aborted: what they wrote is gone. */
void
table_writing_abort_level(int level)
{
	while (table_writing_count > 0 && table_writings[table_writing_count - 1].level >= level)
		table_writing_count--;
}

/* Makes the statements of a subtransaction that is committed its parent's. */
void
table_writing_commit_level(int level)
{
	for (int i = table_writing_count - 1; i >= 0 && table_writings[i].level >= level; i--)
		table_writings[i].level = level - 1;
}

/* Forgets everything when the transaction is over. */
void
table_writing_forget_all(void)
{
	table_writing_count = 0;
}
