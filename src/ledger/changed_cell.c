/*
 * changed_cell.c
 *	  What the transaction has changed of usage cells, until it is written.
 *
 * Nothing depends on what a cell says while bookings run, so changes add up here, and each cell is written
 * once: when the transaction commits, or before SQL of our own reads or changes the table. In the order of
 * their keys, one order for all.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "ledger/changed_cell.h"
#include "ledger/heap_row_list.h"
#include "ledger/transaction.h"
#include "ledger/usage_cell.h"

static const TransactionRowShape changed_cell_shape = TRANSACTION_ROW_SHAPE(ChangedCell);

/* Raises 22003 where a cell, as it stands now, could not hold a change. */
static void
changed_cell_check(const UsageCellKey *cell, const UsageSum *change)
{
	Relation rel = usage_cell_open();
	HeapKey key = usage_cell_key(rel, cell);
	List *rows = heap_row_list(&key);
	UsageSum sum = *change;
	ListCell *row;

	foreach(row, rows)
		usage_sum_add_usage(&sum, &USAGE_CELL_FORM((HeapTuple) lfirst(row))->usage);
	(void) usage_narrow(&sum);
	list_free_deep(rows);
	usage_cell_close(rel);
}

/*
 * Adds delta to what the transaction changes of a cell. Whether the cell can hold it is known only when it is
 * written; but where the changes alone are more than a cell can hold, the statement fails itself.
 */
void
changed_cell_add(const UsageCellKey *key, const UsageSum *delta)
{
	TransactionRows *rows = transaction_rows_of(TRANSACTION_CELLS, &changed_cell_shape);
	bool made;
	ChangedCell *changed = transaction_rows_get(rows, key, &made);

	usage_sum_add(&changed->change, delta);
	if (unlikely(!usage_sum_is_within(&changed->change, PG_INT64_MAX)))
		changed_cell_check(key, &changed->change);
}

/* Returns the next cell with unwritten changes after *position, and moves that on; NULL: no more. */
const ChangedCell *
changed_cell_next_unwritten(int *position)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_CELLS);
	int count = transaction_rows_count(rows);

	while (*position < count)
	{
		const ChangedCell *changed = transaction_rows_at(rows, (*position)++);

		if (!usage_sum_is_zero(&changed->change))
			return changed;
	}
	return NULL;
}

/* Orders cells by their keys. */
static int
changed_cell_compare(const void *a, const void *b)
{
	return usage_cell_compare(&(*(ChangedCell *const *) a)->key, &(*(ChangedCell *const *) b)->key);
}

/* Lists the cells with unwritten changes, in order. */
static ChangedCell **
changed_cell_list(TransactionRows *rows, int *count)
{
	int all = transaction_rows_count(rows);
	ChangedCell **list = MemoryContextAllocHuge(CurrentMemoryContext, all * sizeof(ChangedCell *));

	*count = 0;
	for (int i = 0; i < all; i++)
	{
		ChangedCell *changed = transaction_rows_at(rows, i);

		if (!usage_sum_is_zero(&changed->change))
			list[(*count)++] = changed;
	}
	if (*count > 1)
		qsort(list, *count, sizeof(ChangedCell *), changed_cell_compare);
	return list;
}

/* Has it found out where the cells that are about to be written stand. */
static void
changed_cell_search(Relation rel, ChangedCell **list, int count)
{
	const UsageCellKey **keys;

	if (count == 1)
		return;
	keys = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(UsageCellKey *));
	for (int i = 0; i < count; i++)
		keys[i] = &list[i]->key;
	usage_cell_search(rel, keys, count);
	pfree(keys);
}

/* Writes the changes, in the order of the cells' keys. */
void
changed_cell_write_all(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_CELLS);
	ChangedCell **list;
	Relation rel;
	int count;

	if (transaction_rows_count(rows) == 0)
		return;
	list = changed_cell_list(rows, &count);
	if (count > 0)
	{
		rel = usage_cell_open();
		changed_cell_search(rel, list, count);
		for (int i = 0; i < count; i++)
		{
			CHECK_FOR_INTERRUPTS();
			Assert(i == 0 || usage_cell_compare(&list[i - 1]->key, &list[i]->key) < 0);
			/* A rollback to a savepoint takes the row back, and must make the change unwritten again. */
			transaction_rows_touch(rows, list[i]);
			usage_cell_add(rel, &list[i]->key, &list[i]->change);
			memset(&list[i]->change, 0, sizeof(UsageSum));
		}
		usage_cell_close(rel);
	}
	pfree(list);
}
