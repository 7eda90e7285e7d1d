/*
 * apply.c
 *	  Applying what bookings come to: to counters and usage cells, with verdicts.
 *
 * Counters are written in the order of cap ids: one order for all, so that single statements never
 * deadlock with each other. What goes to usage cells is written when the transaction commits.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "bookings/apply.h"
#include "bookings/charge.h"
#include "bookings/closed_change.h"
#include "bookings/expired.h"
#include "bookings/held.h"
#include "bookings/order_line.h"
#include "ledger/changed_cell.h"
#include "ledger/counter.h"
#include "rules/rulebook.h"

/*
 * Writes the charges to the counters, in order, and has them judged.
 *
 * Once one is refused nothing more is written or waited for: the others are told of where their usage is
 * known without waiting.
 */
static void
apply_charges(const Charges *charges, Relation counters, JudgeWhen when)
{
	List *refusals = NIL;

	for (int i = 0; i < charges->count; i++)
	{
		const Charge *charge = &charges->list[i];
		CounterChange change;

		Assert(i == 0 || charge->cap_id > charges->list[i - 1].cap_id);
		/*
		 * This may wait for who holds a row of this cap: in the order of caps, so never in a circle of single
		 * statements.
		 */
		if (likely(refusals == NIL))
			change = counter_add(counters, charge->cap_id, charge->delta);
		else if (!counter_foresee(counters, charge->cap_id, charge->delta, &change))
			continue;
		judge_change(charge->cap_id, &change, charge->relid, when, &refusals);
	}
	refusal_raise(refusals, REFUSAL_OF_BOOKINGS);
}

/* Orders cell changes by key. */
static int
cell_change_compare(const void *a, const void *b)
{
	return usage_cell_compare(&((const CellChange *) a)->key, &((const CellChange *) b)->key);
}

/* Adds the changes to the usage cells; those of one cell as one. */
static void
apply_cells(Charges *charges)
{
	CellChange *cells = charges->cells;
	int count = charges->cell_count;
	int last = 0;

	if (count > 1)
		qsort(cells, count, sizeof(CellChange), cell_change_compare);
	for (int i = 0; i < count; i = last)
	{
		for (last = i + 1; last < count && cell_change_compare(&cells[i], &cells[last]) == 0;
			 last++)
			usage_sum_add(&cells[i].change, &cells[last].change);
		if (!usage_sum_is_zero(&cells[i].change))
			changed_cell_add(&cells[i].key, &cells[i].change);
	}
}

/* Tells whether all charges can be made without a wait: the transaction holds the counters, or stripes with room. */
static bool
apply_needs_no_wait(const Charges *charges)
{
	for (int i = 0; i < charges->count; i++)
		if (!counter_is_at_hand(charges->list[i].cap_id, charges->list[i].delta))
			return false;
	return charges->closed.used == 0;
}

/* Takes reservations that have expired out of counters and usage cells. To judge there is nothing. */
static void
apply_release_charges(Charges *charges, Relation counters)
{
	for (int i = 0; i < charges->count; i++)
	{
		const Charge *charge = &charges->list[i];

		(void) counter_add(counters, charge->cap_id, charge->delta);
		changed_counter_leave_out(charge->cap_id, charge->delta);
	}
	apply_cells(charges);
}

/* Releases a batch of reservations that have expired, waiting for counters in their order. */
void
apply_release(DeltaBatch *batch)
{
	Relation counters = counter_open();
	Charges charges;

	charges_begin(&charges, delta_most(batch));
	charges_add(&charges, batch);
	charges_end(&charges);
	if (unlikely(charges.closed.used > 0))
		closed_change_judge(&charges.closed, JUDGE_BOOKING);
	apply_release_charges(&charges, counters);
	CommandCounterIncrement();
	counter_close(counters);
}

/* Takes one reservation that has expired out of counters that are held, and out of its usage cell. */
static void
apply_one_expired(const Expired *expired, Relation counters)
{
	Charges charges;

	charges_begin(&charges, 1);
	charges_add(&charges, expired->batch);
	charges_end(&charges);
	if (apply_needs_no_wait(&charges) && expired_claim(expired))
		apply_release_charges(&charges, counters);
}

/* Releases reservations that have expired, of which a cap was met that would have refused, where nobody is waited for. */
static void
apply_expired(Relation counters)
{
	List *list = expired_take();
	ListCell *cell;

	foreach(cell, list)
	{
		const Expired *expired = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		apply_one_expired(expired, counters);
		delta_end(expired->batch);
	}
}

/* Applies batches that come to at most so many deltas. Leaves memory behind. */
static void
apply_within(List *batches, Size most, Relation counters, JudgeWhen when)
{
	Charges charges;
	ListCell *cell;

	charges_begin(&charges, most);
	foreach(cell, batches)
		charges_add(&charges, lfirst(cell));
	charges_end(&charges);
	charges_refuse_missing_cap(&charges);
	if (unlikely(charges.closed.used > 0))
		closed_change_judge(&charges.closed, when);
	apply_charges(&charges, counters, when);
	apply_cells(&charges);
	if (unlikely(expired_is_due()))
		apply_expired(counters);

	/* The next change of this transaction may be one of the same rows. */
	CommandCounterIncrement();
}

/* Applies batches, see below. */
static void
apply_all(List *batches, Relation counters, JudgeWhen when)
{
	MemoryContext context;
	MemoryContext caller;
	Size most = 0;
	ListCell *cell;

	foreach(cell, batches)
		most += delta_most(lfirst(cell));

	/* What a statement of one row needs is less than a memory context. */
	if (most == 1)
	{
		apply_within(batches, most, counters, when);
		return;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering application",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	apply_within(batches, most, counters, when);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Applies batches to counters of caps and usage cells, with what they release of order lines, and judges what they
 * do to the caps.
 *
 * Raises 23S73 for rows that are no bookings or whose order line is unknown; 23S71 or 23S72 where a ladder blocks, as soon as when says; 23S74 for a change in a closed
 * period; 40001 as described in heap_row_write.c.
 */
void
apply_batches(List *batches, Relation counters, JudgeWhen when)
{
	DeltaBatch *released;
	ListCell *cell;

	foreach(cell, batches)
		delta_refuse_faults(lfirst(cell));
	released = order_lines_book(batches);
	if (likely(released == NULL))
	{
		held_check(batches);
		apply_all(batches, counters, when);
		return;
	}
	/* SQL has run. */
	rulebook_reenter_booking();
	batches = lappend(list_copy(batches), released);
	held_check(batches);
	apply_all(batches, counters, when);
	delta_end(released);
}

/* Finds the counters that all charges can be added to in memory; false: some charge cannot. */
static bool
apply_find_in_zone(const Charges *charges, ChangedCounter **counters)
{
	if (charges->count > CHARGES_FEW)
		return false;
	for (int i = 0; i < charges->count; i++)
	{
		const Charge *charge = &charges->list[i];

		counters[i] = counter_find_in_zone(charge->cap_id, charge->delta);
		if (counters[i] == NULL)
			return false;
	}
	return true;
}

/*
 * Makes the changes of a batch in memory, if they are few, the transaction holds the rows, and all stay in
 * their zones, so that there is nothing to judge. Else false, and nothing was changed.
 *
 * What other triggers of the statement add is judged at its end, together with this: it counts from
 * the statement's first change. Nothing is locked here, so that the order of locks stays what it is.
 */
bool
apply_in_memory(DeltaBatch *batch)
{
	ChangedCounter *counters[CHARGES_FEW];
	Charges charges;

	if (delta_has_faults(batch) || delta_most(batch) > 1 || rulebook_closed_days() != NULL ||
		rulebook_held() != NIL || delta_orders(batch) != NULL)
		return false;
	charges_begin(&charges, 1);
	charges_add(&charges, batch);
	charges_end(&charges);
	if (charges.requires_cap || !apply_find_in_zone(&charges, counters))
		return false;
	for (int i = 0; i < charges.count; i++)
		counter_add_in_zone(counters[i], charges.list[i].delta);
	apply_cells(&charges);
	return true;
}

/* Writes one batch, see apply_batches(). */
void
apply_batch(DeltaBatch *batch, JudgeWhen when)
{
	Relation counters = counter_open();

	apply_batches(list_make1(batch), counters, when);
	counter_close(counters);
}
