/*
 * usage_cell_gather.c
 *	  Usage cells as a whole: making a change in all stripes at once, and making one row of them; see
 *	  usage_cell.c.
 *
 * Who gathers a cell holds its lock against new stripes to the end of the transaction, and then waits for
 * whoever holds a stripe. These wait for nothing but rows and locks of cells that come later in the order.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "ledger/heap_row.h"
#include "ledger/heap_row_list.h"
#include "ledger/heap_row_write.h"
#include "ledger/usage_cell_gather.h"

/* Waits until nobody is inserting a stripe of a cell that is locked against new ones. */
static void
usage_cell_await_inserts(const UsageCellTask *task)
{
	HeapKey key = usage_cell_key(task->rel, task->key);
	List *inserting;

	while ((inserting = heap_row_list_inserting(&key)) != NIL)
	{
		CHECK_FOR_INTERRUPTS();
		XactLockTableWait(((HeapVersion *) linitial(inserting))->holder, NULL, NULL, XLTW_None);
	}
}

/* Locks all rows of a cell, waiting for who holds them; NIL: there are none, or one has moved on. */
static List *
usage_cell_lock_rows(const UsageCellTask *task, bool *moved)
{
	HeapKey key = usage_cell_key(task->rel, task->key);
	List *locked = NIL;
	ListCell *cell;

	*moved = false;
	foreach(cell, heap_row_list(&key))
	{
		bool deleted;
		HeapTuple tuple = heap_row_lock(task->rel, &((HeapTuple) lfirst(cell))->t_self, &deleted);

		if (tuple == NULL)
		{
			/* Whoever held it has committed a newer version. What is locked so far stays so. */
			*moved = true;
			return NIL;
		}
		locked = lappend(locked, tuple);
	}
	return locked;
}

/* Locks all rows of a cell. What is locked once does not move any more, so this ends. */
static List *
usage_cell_lock_all(const UsageCellTask *task)
{
	List *locked;
	bool moved;

	usage_cell_lock(task->rel, task->key);
	usage_cell_await_inserts(task);
	CommandCounterIncrement();
	do
	{
		CHECK_FOR_INTERRUPTS();
		locked = usage_cell_lock_rows(task, &moved);
	} while (moved);
	return locked;
}

/* Makes the first of the locked rows the only one, holding usage. */
static void
usage_cell_fold(Relation rel, List *locked, const Usage *usage)
{
	HeapTuple first = linitial(locked);

	USAGE_CELL_FORM(first)->usage = *usage;
	for (int i = 1; i < list_length(locked); i++)
		simple_heap_delete(rel, &((HeapTuple) list_nth(locked, i))->t_self);
	if (heap_row_write(rel, first, true) != HEAP_WRITTEN)
		elog(ERROR, "could not write a locked row of \"%s\"", RelationGetRelationName(rel));
}

/* Makes the change in the cell as a whole, which is one row then. 22003: the sum does not fit. */
void
usage_cell_gather(UsageCellTask *task)
{
	List *locked = usage_cell_lock_all(task);
	UsageSum sum = *task->delta;
	Usage after;
	ListCell *cell;

	stripe_hints_forget(task->stripes);
	if (locked == NIL)
	{
		/* Folded away since we looked (usage_cell_compact()). Nobody makes one beside it: the cell is locked. */
		heap_row_insert(task->rel, usage_cell_form_tuple(task->rel, task->key, 0, task->delta));
		return;
	}
	foreach(cell, locked)
		usage_sum_add_usage(&sum, &USAGE_CELL_FORM((HeapTuple) lfirst(cell))->usage);
	after = usage_narrow(&sum);
	elog(DEBUG2, "usage cell (%d, %d, %d, %d): %d stripes gathered", task->key->source_id,
		 task->key->service_id, task->key->participant_id, task->key->month, list_length(locked));
	usage_cell_fold(task->rel, locked, &after);
}

/* Tells whether the rows of a cell cannot become fewer: there is none, or one that is not zero. */
static bool
usage_cell_is_compact(List *rows)
{
	UsageSum sum = {0};

	if (list_length(rows) != 1)
		return rows == NIL;
	usage_sum_add_usage(&sum, &USAGE_CELL_FORM((HeapTuple) linitial(rows))->usage);
	return !usage_sum_is_zero(&sum);
}

/* Locks all rows of a cell that nobody holds; NIL when somebody holds one, or it is compact. */
static List *
usage_cell_lock_free(Relation rel, const UsageCellKey *cell)
{
	HeapKey key = usage_cell_key(rel, cell);
	List *rows = heap_row_list(&key);
	List *locked = NIL;
	ListCell *lc;

	if (usage_cell_is_compact(rows))
		return NIL;
	foreach(lc, rows)
	{
		HeapTuple tuple = lfirst(lc);
		HeapKey stripe_key = usage_cell_stripe_key(rel, cell, USAGE_CELL_FORM(tuple)->stripe);
		HeapVersion version;
		bool deleted;

		if (!heap_row_look(&stripe_key, &tuple->t_self, &version) ||
			TransactionIdIsValid(version.holder))
			return NIL;
		/* Should a booking come in between, this waits for it, as another booking would. */
		tuple = heap_row_lock(rel, &version.tuple->t_self, &deleted);
		if (tuple == NULL)
			return NIL;
		locked = lappend(locked, tuple);
	}
	return locked;
}

/* Deletes the locked rows of a cell, whose sum is zero: a cell without rows says the same. */
static int
usage_cell_delete(Relation rel, List *locked)
{
	ListCell *cell;

	foreach(cell, locked)
		simple_heap_delete(rel, &((HeapTuple) lfirst(cell))->t_self);
	return list_length(locked);
}

/*
 * Makes one row of a cell's stripes if nobody holds one and a stripe may hold their sum: somebody may be
 * making another stripe. Where the sum is zero, no row is left: whoever books on the cell next makes a new
 * one, and under an older snapshot the old ones add nothing to it. Returns how many rows went.
 */
int
usage_cell_compact(Relation rel, const UsageCellKey *key)
{
	List *locked = usage_cell_lock_free(rel, key);
	UsageSum sum = {0};
	Usage usage;
	ListCell *cell;

	foreach(cell, locked)
		usage_sum_add_usage(&sum, &USAGE_CELL_FORM((HeapTuple) lfirst(cell))->usage);
	if (usage_sum_is_zero(&sum))
		return usage_cell_delete(rel, locked);
	if (list_length(locked) < 2 || !usage_sum_is_within(&sum, USAGE_CELL_STRIPE_MOST))
		return 0;
	usage = usage_narrow(&sum);
	usage_cell_fold(rel, locked, &usage);
	return list_length(locked) - 1;
}
