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
