/*
 * cap_elsewhere.c
 *	  What other nodes use under a cap that the coordinator makes or revises, or that entries join: so that such an act is
 *	  held against what all use.
 *
 * Of a cap that they have, nodes give back what they do not use. Of one that they do not have, or into which entries
 * come, they are held to what they use (lending/held_usage.c). In that case nobody but this transaction can raise usage
 * of it, so the coordinator judges by the ladder and goes on with that: for the ledger any usage of it is possible.
 *
 * Where nodes are none, all of it is nothing.
 */
#include "postgres.h"

#include "ledger/allotment.h"
#include "ledger/counter_recount.h"
#include "lending/held_usage.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "steering/cap_elsewhere.h"

/* Writes down that this node is alone with a cap, of which others use so much. */
static void
cap_elsewhere_write(const HeldUsage *held)
{
	Allotment allotment = {.is_alone = true, .elsewhere = held->after};

	allotment_write(held->cap_id, &allotment);
}

/* Returns what other nodes use of a cap that this transaction has just made. Bookings are excluded. */
Amount
cap_elsewhere_new(int32 cap_id)
{
	List *usage = held_usage_ask(list_make1_int(cap_id));

	if (usage == NIL)
		return 0;
	cap_elsewhere_write(linitial(usage));
	return ((HeldUsage *) linitial(usage))->after;
}

/*
 * Has all other nodes keep to what they use of a cap, and returns that: exact until the transaction ends, since who lends
 * waits for it. 40001: one of them does not answer in time. Where this transaction has revised the cap they keep to it
 * already; where it has made it, or moved entries, it knows what they use otherwise. The counter is locked.
 */
int128
cap_elsewhere_revised(int32 cap_id, bool is_ours)
{
	Lending *lending = lending_lock(cap_id);
	Amount elsewhere;
	int128 used;

	if (!is_ours)
		lending_stop(lending, NODE_COORDINATOR);
	used = lending_known(lending, NODE_COORDINATOR);
	if (held_usage_find(cap_id, &elsewhere))
		used = Max(used, elsewhere);
	return used;
}

/* Returns what counting a cap anew has come to here, which may be nothing; made, in a list, where it is not there. */
static RecountedCap *
cap_elsewhere_find(List **recounted, int32 cap_id)
{
	Relation counters;
	RecountedCap *cap;
	ListCell *cell;

	foreach(cell, *recounted)
	{
		cap = lfirst(cell);
		if (cap->cap_id == cap_id)
			return cap;
	}
	cap = palloc0(sizeof(RecountedCap));
	cap->cap_id = cap_id;
	counters = counter_open();
	if (counter_read(counters, cap_id, &cap->change.after, &cap->change.revision))
		*recounted = lappend(*recounted, cap);
	counter_close(counters);
	cap->change.before = cap->change.after;
	return cap;
}

/*
 * Returns what is to be judged where entries join caps: what was counted anew here, and what other nodes will count. The
 * change of a cap ends at what is used here, to which comes what all others use then. Bookings are excluded.
 */
List *
cap_elsewhere_joined(List *caps, List *recounted)
{
	List *usage = held_usage_ask(caps);
	ListCell *cell;

	foreach(cell, usage)
	{
		const HeldUsage *held = lfirst(cell);
		RecountedCap *cap = cap_elsewhere_find(&recounted, held->cap_id);

		cap_elsewhere_write(held);
		cap->change.before = amount_clamp((int128) cap->change.before + held->before - held->after);
	}
	return recounted;
}
