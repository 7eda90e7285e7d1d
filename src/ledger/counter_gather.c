/*
 * counter_gather.c
 *	  Making a change in a counter as a whole: all its stripes are locked, in order; see counter.c.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "ledger/allotment.h"
#include "ledger/counter_gather.h"
#include "ledger/heap_row_list.h"
#include "ledger/heap_row_write.h"
#include "rules/cap_figures.h"
#include "rules/rulebook.h"
#include "settings.h"

/* Finds a stripe in the locked ones. */
static bool
counter_has_stripe(List *tuples, int32 stripe)
{
	ListCell *cell;

	foreach(cell, tuples)
		if (COUNTER_FORM((HeapTuple) lfirst(cell))->stripe == stripe)
			return true;
	return false;
}

/* Orders rows by stripe. */
static int
counter_compare_stripes(const ListCell *a, const ListCell *b)
{
	int32 left = COUNTER_FORM((HeapTuple) lfirst(a))->stripe;
	int32 right = COUNTER_FORM((HeapTuple) lfirst(b))->stripe;

	return (left > right) - (left < right);
}

/*
 * Locks what can be locked of a counter's stripes that are not locked yet, in order; returns whether
 * there were any.
 */
static bool
counter_lock_more(Relation rel, int32 cap_id, List **locked)
{
	HeapKey key = counter_key(rel, cap_id);
	List *rows = heap_row_list(&key);
	bool more = false;
	ListCell *cell;

	list_sort(rows, counter_compare_stripes);
	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);
		HeapTuple copy;
		bool deleted;

		/*
		 * What is locked already stays as it is. A stripe that is new to us was made by who held its parent
		 * before we did, and is committed now; nobody can make another once its parent is ours.
		 */
		if (counter_has_stripe(*locked, COUNTER_FORM(tuple)->stripe))
			continue;
		more = true;
		copy = heap_row_lock(rel, &tuple->t_self, &deleted);
		if (copy == NULL)
			break; /* it moved on: keep to the order, look again */
		*locked = lappend(*locked, copy);
	}
	list_free_deep(rows);
	return more;
}

/* Locks all stripes of a counter, and returns them in order; NIL: the counter is gone. */
List *
counter_lock_all(Relation rel, int32 cap_id)
{
	List *locked = NIL;

	CommandCounterIncrement();
	while (counter_lock_more(rel, cap_id, &locked))
		CHECK_FOR_INTERRUPTS();
	list_sort(locked, counter_compare_stripes);
	return locked;
}

/* Makes one row of all locked stripes, which hold used in all. Returns it. */
HeapTuple
counter_fold(Relation rel, List *locked, Amount used)
{
	HeapTuple first = linitial(locked);
	CounterForm *form = COUNTER_FORM(first);

	/* Stripe 0 is the one that is always there: who holds it can tell that there are no others. */
	Assert(form->stripe == 0);
	form->used = used;
	form->depth = 0;
	form->zone.floor = form->zone.ceiling = 0;
	counter_write_locked(rel, first);
	for (int i = 1; i < list_length(locked); i++)
		simple_heap_delete(rel, &((HeapTuple) list_nth(locked, i))->t_self);
	return first;
}

/* Asserts that however stripes change, each within its part, their sum stays within the whole. */
static void
counter_assert_parts(const Zone *whole, const Zone *first, const Zone *share, int others)
{
	Assert((int128) first->ceiling + (int128) share->ceiling * others == whole->ceiling);
	Assert((int128) first->floor + (int128) share->floor * others == whole->floor);
}

/*
 * Divides the zone around what is used in all over the locked stripes, which keep what they hold.
 * False: it is too small for that. Returns in *mine the row that this transaction goes on with.
 */
static bool
counter_divide_anew(CounterTask *task, List *locked, Amount before, Amount used, HeapTuple *mine)
{
	const CapFigures *figures;
	int others = list_length(locked) - 1;
	Zone zone;
	Zone share;
	Zone whole;
	ListCell *cell;

	figures = cap_figures_of(task->cap_id, COUNTER_FORM((HeapTuple) linitial(locked))->revision);
	if (task->fold || others == 0 || list_length(locked) > steering_max_stripes ||
		figures == NULL || !allotment_is_quiet(figures, before, used, &zone))
		return false;
	whole = zone;
	if (!zone_divide(&zone, used, others, task->delta, &share))
		return false;

	counter_assert_parts(&whole, &zone, &share, others);

	/* The first stripe gets what the others leave, counted from what all hold together. */
	foreach(cell, locked)
	{
		HeapTuple tuple = lfirst(cell);
		CounterForm *form = COUNTER_FORM(tuple);

		if (foreach_current_index(cell) == 0)
		{
			form->used = used;
			form->zone = zone;
			*mine = tuple;
		}
		else
		{
			form->used = 0;
			form->zone = share;
		}
		counter_write_locked(task->rel, tuple);
	}
	return true;
}

/* Returns what the locked stripes hold, with what this transaction has not written yet. */
Amount
counter_sum(List *locked, const ChangedCounter *changed)
{
	int128 used = changed_counter_unwritten(changed);
	ListCell *cell;

	foreach(cell, locked)
		used += COUNTER_FORM((HeapTuple) lfirst(cell))->used;
	return amount_narrow(used);
}

/* Makes the change in the counter as a whole. Returns what is used in all. */
Amount
counter_gather(CounterTask *task)
{
	List *locked = counter_lock_all(task->rel, task->cap_id);
	HeapTuple mine = NULL;
	Amount before;
	Amount used;

	if (locked == NIL)
		counter_missing(task->cap_id);

	/* All stripes are ours: this is exact, and stays true until we commit. */
	before = counter_sum(locked, task->changed);
	used = amount_narrow(before + task->delta);
	if (!counter_divide_anew(task, locked, before, used, &mine))
		mine = counter_fold(task->rel, locked, used);
	elog(DEBUG2,
		 "counter of cap %d: %d stripes gathered, which held " INT64_FORMAT "; divided anew: %s",
		 task->cap_id, list_length(locked), before, COUNTER_FORM(mine)->depth > 0 ? "yes" : "no");

	/* All rows were written anew, or are gone: no hint is true any more. */
	stripe_hints_forget(task->stripes);
	changed_counter_hold(task->changed, mine);
	list_free_deep(locked);
	return used;
}
