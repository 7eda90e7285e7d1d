/*
 * order_line.c
 *	  Order lines, and what is released of them: the only one who has order_line_row.c write steering.order_line.
 *
 * A row per key has what is ordered under it and what is invoiced, each summed over the rows of finance tables, and
 * what is released of the order by that: all of what was invoiced, up to what was ordered; or all that was ordered,
 * where an invoice was the last. The table is a source of commitments, whose rows count for what was released with
 * its sign turned, on the place of the order. So order and release together are what is still open, and the rest of
 * the engine, reports and verify() need to know nothing of it.
 *
 * It is written with the statement that changes what is ordered or invoiced, before that is judged, and is judged
 * with it: by the net effect, so that an invoice within its order needs no room.
 *
 * Locks. Rows are locked in the order of their keys, before counters: so single statements never deadlock with each
 * other. Of two that change one order line the second waits, and goes on from what the first has committed; under
 * REPEATABLE READ and SERIALIZABLE that is 40001.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "bookings/order_line.h"
#include "bookings/order_line_state.h"
#include "rules/message.h"
#include "types/code.h"

/* A change of order lines that is going on. */
typedef struct OrderLines
{
	OrderLineTable table;
	DeltaBatch *released; /* what that does to what is released; NULL: that is counted anew */
	bool mends;           /* it is so already */
} OrderLines;

/*
 * Refuses rows that came with a key that is too long to be looked for. Where some are that no trigger saw, they order and
 * release nothing, and may change and go.
 */
static void
order_line_refuse_long(OrderChange *const *changes, int count)
{
	for (int i = 0; i < count; i++)
		if (order_change_comes(changes[i]))
			ereport(ERROR, (errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
							errmsg("the key of order line \"%s\" has more than %d bytes",
								   code_shown(changes[i]->reference), ORDER_KEY_MOST_BYTES),
							errdetail("A row of source \"%s\" has it.", changes[i]->source->name)));
}

/* Raises that a key names order lines on several places. */
static void
order_line_refuse_place(const OrderChange *change)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_UNIQUE_VIOLATION),
		 errmsg("order line \"%s\" is in rows of several services, participants, days or sources",
				change->reference),
		 errdetail("A row of source \"%s\" has its key.", change->source->name),
		 errhint(
			 "The argument \"reference\" of steering.attach() is the key of one order line, and "
			 "of all sources no two may have the same.")));
}

/* Refuses rows that came and release an order line which is not there, unless the source says otherwise. */
static void
order_line_check_known(const OrderLine *line, OrderChange *const *changes, int count)
{
	for (int i = 0; i < count; i++)
		if (order_line_misses(line, changes[i]) && !changes[i]->source->ignores_unknown)
			message_unknown_order(changes[i]->reference, changes[i]->source);
}

/* Returns the row as changes of one key make it. */
static OrderLine
order_line_change(const OrderLine *before, OrderChange *const *changes, int count,
				  const OrderLines *lines)
{
	OrderLine line = *before;
	bool is_one = order_line_apply(&line, changes, count);

	/* What is mended is on behalf of nobody, or of a source whose rows are new. */
	if (!is_one && changes[0]->source != NULL)
		order_line_refuse_place(changes[0]);
	if (!lines->mends)
		order_line_check_known(&line, changes, count);
	return line;
}

/* Makes changes of one key. */
static void
order_line_follow(OrderLines *lines, OrderChange *const *changes, int count)
{
	const char *reference = changes[0]->reference;
	OrderLine before;
	OrderLine after;

	if (order_key_is_long(strlen(reference)))
	{
		order_line_refuse_long(changes, count);
		return;
	}
	for (;;)
	{
		bool found = order_line_lock(&lines->table, reference, &before);

		CHECK_FOR_INTERRUPTS();
		after = order_line_change(&before, changes, count, lines);
		if (found)
			order_line_update(&lines->table, reference, &after);
		if (found || order_line_insert(&lines->table, reference, &after))
			break;
	}
	order_line_book(lines->released, &before, -1);
	order_line_book(lines->released, &after, 1);
}

/* Makes all changes of a list, key by key. */
static void
order_lines_follow(OrderLines *lines, OrderChange **list, int count)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering order line",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	int same;

	order_changes_sort(list, count);
	for (int i = 0; i < count; i += same)
	{
		same = order_changes_same(&list[i], count - i);
		order_line_follow(lines, &list[i], same);
		MemoryContextReset(work);
	}
	order_line_close(&lines->table);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	/* The next change of this transaction may be one of the same rows. */
	CommandCounterIncrement();
}

/* Begins with what is released, as a batch of the table, which is a source. */
static void
order_lines_begin_released(OrderLines *lines)
{
	Mapping *mapping = mapping_of(lines->table.rel);

	if (mapping == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("table \"%s.%s\" has no row in steering.source", STEERING_SCHEMA,
						RelationGetRelationName(lines->table.rel)),
				 errhint("Attach a source with the argument \"reference\" or \"releases\", which "
						 "makes one; then call steering.repair().")));
	lines->released = delta_begin(mapping, CurrentMemoryContext);
	/* The mapping has read no row that could be named. */
	delta_refuse_first(lines->released);
}

/*
 * Follows what batches do to order lines. Returns what that releases, which is to be applied with them; NULL: they
 * have none. Rulebook entered; to be entered again after it, since it runs SQL.
 */
DeltaBatch *
order_lines_book(List *batches)
{
	OrderLines lines = {0};
	List *all = NIL;
	OrderChange **list;
	int count;
	ListCell *cell;

	foreach(cell, batches)
		if (delta_orders(lfirst(cell)) != NULL)
			all = lappend(all, delta_orders(lfirst(cell)));
	if (all == NIL)
		return NULL;
	list = order_changes_collect(all, &count);
	count = order_changes_compact(list, count);
	if (count > 0)
	{
		order_line_open(&lines.table);
		order_lines_begin_released(&lines);
		delta_set_relid(lines.released, list[0]->source->relid);
		order_lines_follow(&lines, list, count);
	}
	pfree(list);
	list_free(all);
	return lines.released;
}

/*
 * Follows changes that make the order lines what they should be, whatever they are. Returns what that releases, which
 * is to be applied, with books; else NULL: whoever calls counts it anew.
 */
DeltaBatch *
order_lines_mend(OrderChanges *changes, bool books)
{
	OrderLines lines = {.mends = true};
	int count;
	OrderChange **list = order_changes_collect(list_make1(changes), &count);

	order_line_open(&lines.table);
	if (books)
		order_lines_begin_released(&lines);
	order_lines_follow(&lines, list, count);
	pfree(list);
	return lines.released;
}
