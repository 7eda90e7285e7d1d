/*
 * allotment_return.c
 *	  Giving back what this node may use of a cap that spans nodes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/pg_list.h"

#include "ledger/allotment.h"
#include "ledger/allotment_return.h"
#include "ledger/counter_gather.h"
#include "ledger/unwritten.h"
#include "nodes/node_ledger.h"
#include "nodes/this_node.h"
#include "own.h"

/* The caps of which this node may use something, in their order. */
#define ALLOTMENT_CAPS "SELECT cap_id FROM steering.allotment ORDER BY cap_id"

/*
 * Takes back what this node may use of a cap and does not, and sets *used: from now on each raise asks. False: there is
 * no such counter. Waits for the transactions that hold a part of the counter. Call rulebook_enter_booking() before.
 *
 * The row of the counter is written anyhow: a backend that has looked at it, and at the allotment, must not divide it
 * by that.
 */
bool
allotment_take_back(int32 cap_id, Amount *used)
{
	Relation counters = counter_open();
	List *locked;

	unwritten_flush();
	locked = counter_lock_all(counters, cap_id);
	if (locked != NIL)
	{
		*used = counter_sum(locked, NULL);
		(void) counter_fold(counters, locked, *used);
		CommandCounterIncrement();
	}
	counter_close(counters);
	if (locked == NIL)
		return false;
	list_free_deep(locked);
	allotment_delete(cap_id);
	return true;
}

/* Takes back what this node may use of all caps, in the stripes of their counters too. Bookings are excluded. */
void
allotment_take_back_all(void)
{
	List *caps = own_spi_numbers(ALLOTMENT_CAPS, 0, NULL, NULL);
	ListCell *cell;

	foreach(cell, caps)
	{
		Amount used;

		if (!allotment_take_back(lfirst_int(cell), &used))
			allotment_delete(lfirst_int(cell));
	}
	list_free(caps);
}

/*
 * Says that entries move, or rows that were ignored may be bookings now: then a node gives up what it may use, and so
 * does the coordinator when it commits, since it may have to ask before that. Bookings are excluded on nodes.
 */
void
allotment_doubt(void)
{
	int32 node = this_node_id();

	if (node == NODE_COORDINATOR)
		node_ledger_note_doubt();
	else if (node != NODE_NONE)
		allotment_take_back_all();
}
