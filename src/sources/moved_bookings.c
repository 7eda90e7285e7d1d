/*
 * moved_bookings.c
 *	  Bookings that this node counts, and that nodes take over in one transaction; see moved_bookings.h.
 *
 * Between moved_bookings_begin() and moved_bookings_end() nodes take in what they are to count from now on, without judging
 * it (JUDGE_MOVED): all together use what they used.
 *
 * What is lent. Usage of this node falls by what usage of the others rises. Its allotment is lowered to what it uses then;
 * so what all may use together rises by nothing, though some may use more than their allotment has, and ask for all else.
 * The ledger has to know that: it notes that nothing is known, and the first who asks has all asked. Its rows are locked to
 * the end of the transaction. Nodes hold the counters of what they have taken in until they commit.
 */
#include "postgres.h"

#include "ledger/allotment_return.h"
#include "ledger/unwritten.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "own.h"
#include "sources/moved_bookings.h"
#include "sources/recount.h"

/* Caps that span nodes. */
#define MOVED_SPANNING "SELECT cap_id FROM steering.cap WHERE spans ORDER BY 1"

/* Returns the caps that span nodes, of those over what is booked in sources, in the order of their ids. */
static List *
moved_bookings_spanning(List *source_ids)
{
	MemoryContext caller = CurrentMemoryContext;
	List *caps = NIL;
	ListCell *cell;
	OwnSpi spi;

	own_spi_begin(&spi);
	foreach(cell, source_ids)
		caps = recount_caps_of(lfirst_int(cell), caps, caller);
	own_spi_end(&spi);
	return list_intersection_int(own_spi_numbers(MOVED_SPANNING, 0, NULL, NULL), caps);
}

/*
 * Begins to move what is booked in sources, with what this transaction has booked. Returns the caps of which nobody is
 * lent room meanwhile. 55P03: others are lending of one, and it takes them too long.
 */
List *
moved_bookings_begin(List *source_ids)
{
	List *caps = NIL;

	unwritten_flush();
	if (this_node_id() != NODE_NONE)
		caps = moved_bookings_spanning(source_ids);
	lending_forget(caps);
	return caps;
}

/*
 * Gives up what was booked in the rows of sources that are on the nodes now, and the room for it; of such that are
 * detached the room. Excludes bookings.
 */
void
moved_bookings_end(List *source_ids, List *caps)
{
	ListCell *cell;

	foreach(cell, source_ids)
		source_recount_moved(lfirst_int(cell));
	foreach(cell, caps)
	{
		Amount used;

		(void) allotment_take_back(lfirst_int(cell), &used);
	}
}
