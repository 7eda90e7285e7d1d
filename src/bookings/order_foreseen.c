/*
 * order_foreseen.c
 *	  What bookings would release of order lines, for dry runs: nothing is written or locked.
 *
 * So bookings that run meanwhile may make a difference. What comes of it lives in the present memory.
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"

#include "bookings/order_foreseen.h"
#include "bookings/order_line_state.h"
#include "own.h"
#include "own_shape.h"

/* A dry run. */
typedef struct OrderForesight
{
	OrderLineTable table;
	DeltaBatch *released; /* NULL: there is no order line yet */
	OrderFaultReceiver receive;
	void *context;
} OrderForesight;

/* Tells of rows that come with a key that is too long. */
static void
order_line_foresee_long(OrderForesight *foresight, OrderChange *const *changes, int count)
{
	for (int i = 0; i < count; i++)
		if (order_change_comes(changes[i]))
			foresight->receive(foresight->context, changes[i], ORDER_KEY_LONG);
}

/* Looks at what changes of one key would do. */
static void
order_line_foresee(OrderForesight *foresight, OrderChange *const *changes, int count)
{
	OrderLine before;
	OrderLine after;

	if (order_key_is_long(strlen(changes[0]->reference)))
	{
		order_line_foresee_long(foresight, changes, count);
		return;
	}
	(void) order_line_find(&foresight->table, changes[0]->reference, &before);
	after = before;
	if (!order_line_apply(&after, changes, count))
		foresight->receive(foresight->context, changes[0], ORDER_SEVERAL_PLACES);
	for (int i = 0; i < count; i++)
		if (order_line_misses(&after, changes[i]))
			foresight->receive(foresight->context, changes[i], ORDER_UNKNOWN);
	order_line_book(foresight->released, &before, -1);
	order_line_book(foresight->released, &after, 1);
}

/*
 * Returns what changes of order lines (a list of OrderChanges) would release, for delta_end(); NULL: nothing. Tells what
 * would be wrong with them. Rulebook entered for reading.
 */
DeltaBatch *
order_lines_foresee(List *all, OrderFaultReceiver receive, void *context)
{
	OrderForesight foresight = {.receive = receive, .context = context};
	int count;
	int same;
	OrderChange **list = order_changes_collect(all, &count);
	Mapping *mapping;

	count = order_changes_compact(list, count);
	if (count == 0 || !own_has_relation(OWN_ORDER_LINE))
		return NULL;
	foresight.table.rel = own_open(OWN_ORDER_LINE, AccessShareLock);
	mapping = mapping_of(foresight.table.rel);
	if (mapping != NULL)
		foresight.released = delta_begin(mapping, CurrentMemoryContext);
	order_changes_sort(list, count);
	for (int i = 0; i < count; i += same)
	{
		CHECK_FOR_INTERRUPTS();
		same = order_changes_same(&list[i], count - i);
		order_line_foresee(&foresight, &list[i], same);
	}
	table_close(foresight.table.rel, NoLock);
	pfree(list);
	return foresight.released;
}
