/*
 * charge.c
 *	  What batches of bookings come to: charges to the caps over them, changes of usage cells and of
 *	  closed periods. Nothing is changed here.
 *
 * The charges come in the order of cap ids, which is the order in which counters are written.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "bookings/charge.h"
#include "own.h"
#include "rules/message.h"
#include "rules/rulebook.h"

#define SH_PREFIX charge_hash
#define SH_ELEMENT_TYPE Charge
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Finds what is charged to a cap; *found: something was before. */
static inline Charge *
charge_find(Charges *charges, int32 cap_id, bool *found)
{
	Charge *charge;

	if (charges->by_cap != NULL)
		return charge_hash_insert(charges->by_cap, cap_id, found);

	/* Those of one delta come in order, each once. */
	*found = false;
	charge = &charges->list[charges->count++];
	charge->cap_id = cap_id;
	return charge;
}

/* Notes that a cap is required over a delta, and whether one stands. What lowers usage needs none. */
static void
charge_required_cap(Charges *charges, const Source *source, const Delta *delta, bool budgeted)
{
	charges->requires_cap = true;
	if (budgeted || delta->change.amount <= 0 || charges->has_no_cap)
		return;
	charges->has_no_cap = true;
	charges->no_cap = *delta;
	charges->no_cap_source = source;
}

/*
 * Tells whether deltas are of what is released of order lines. They only take part of an order back, or put that back:
 * the order itself was asked whether it needs a cap, and whether its period is closed.
 */
static bool
charge_is_release(const Source *source)
{
	return own_is_relation(source->relid, OWN_ORDER_LINE);
}

/* Charges one delta to the caps over it. */
static void
charge_delta(Charges *charges, const Source *source, const Delta *delta)
{
	const DeltaKey *key = &delta->key;
	const CapList *caps = rulebook_caps(key->service, key->participant);
	bool budgeted = false;

	if (charges->by_cap == NULL)
		charges->list =
			caps->count <= CHARGES_FEW ? charges->few : palloc(caps->count * sizeof(Charge));
	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];
		int128 amount = metric_sum(cap->metric, &delta->change);
		Charge *charge;
		bool found;

		if (!cap_ref_holds_on(cap, key->day))
			continue;
		budgeted |= cap->metric == METRIC_REQUIRED;
		/* A cap on what this delta does not change has a say only in whether one is there. */
		if (amount == 0)
			continue;
		charge = charge_find(charges, cap->cap_id, &found);
		charge->delta = found ? charge->delta + amount : amount;
		charge->relid = charges->relid;
	}
	if (unlikely(key->service->require_cap) && !charge_is_release(source))
		charge_required_cap(charges, source, delta, budgeted);
}

/* Notes a delta on a day that is closed. Ignored rows count nowhere, and so in no closed period. */
static void
charge_closed(Charges *charges, const Source *source, const Delta *delta)
{
	const DeltaKey *key = &delta->key;

	if (closed_days_find(charges->closed_days, key->day) != NULL)
		closed_change_add(&charges->closed, source, key->service->id, key->participant->id,
						  key->day, &delta->change);
}

/* Adds what a delta does to its usage cell. */
static void
charge_cell(Charges *charges, const Source *source, const Delta *delta)
{
	CellChange *cell = &charges->cells[charges->cell_count++];

	cell->key.source_id = source->source_id;
	cell->key.service_id = delta->key.service == NULL ? USAGE_CELL_IGNORED : delta->key.service->id;
	cell->key.participant_id =
		delta->key.participant == NULL ? USAGE_CELL_IGNORED : delta->key.participant->id;
	cell->key.month = delta_month(delta->key.day);
	cell->change = delta->change;
}

/* Orders charges by cap. */
static int
charge_compare(const void *a, const void *b)
{
	int32 left = ((const Charge *) a)->cap_id;
	int32 right = ((const Charge *) b)->cap_id;

	return (left > right) - (left < right);
}

/* Makes a list, in order, of charges that were found by cap. */
static void
charge_list(Charges *charges)
{
	Size size = (Size) charges->by_cap->members * sizeof(Charge) + 1;
	charge_hash_iterator iterator;
	Charge *charge;

	charges->list = MemoryContextAllocHuge(CurrentMemoryContext, size);
	charge_hash_start_iterate(charges->by_cap, &iterator);
	while ((charge = charge_hash_iterate(charges->by_cap, &iterator)) != NULL)
		if (charge->delta != 0 || charges->holds_counters)
			charges->list[charges->count++] = *charge;
	qsort(charges->list, charges->count, sizeof(Charge), charge_compare);
}

/* Begins with what at most so many deltas come to, in the current memory context. */
void
charges_begin(Charges *charges, Size most)
{
	charges->by_cap = NULL;
	charges->cells = &charges->one_cell;
	if (most > 1)
	{
		charges->by_cap = charge_hash_create(CurrentMemoryContext, 8, NULL);
		charges->cells = MemoryContextAllocHuge(CurrentMemoryContext, most * sizeof(CellChange));
	}
	charges->count = charges->cell_count = 0;
	charges->closed_days = rulebook_closed_days();
	charges->closed = (ClosedChanges){.context = CurrentMemoryContext};
	charges->holds_counters = charges->requires_cap = charges->has_no_cap = false;
}

/* Adds what a batch comes to. */
void
charges_add(Charges *charges, DeltaBatch *batch)
{
	const Source *source = delta_source(batch);
	int count;
	Delta *deltas = delta_list(batch, &count);

	charges->relid = delta_relid(batch);
	charges->holds_counters |= delta_holds_counters(batch);
	for (int i = 0; i < count; i++)
	{
		if (deltas[i].key.service != NULL)
		{
			charge_delta(charges, source, &deltas[i]);
			if (unlikely(charges->closed_days != NULL) && !charge_is_release(source))
				charge_closed(charges, source, &deltas[i]);
		}
		charge_cell(charges, source, &deltas[i]);
	}
	pfree(deltas);
}

/* Ends with all that was added: the charges stand in order. */
void
charges_end(Charges *charges)
{
	if (charges->by_cap != NULL)
		charge_list(charges);
}

/* Raises 23S71 where a cap is required and none stands. */
void
charges_refuse_missing_cap(const Charges *charges)
{
	const DeltaKey *key = &charges->no_cap.key;

	if (unlikely(charges->has_no_cap))
		message_no_cap(charges->no_cap_source, key->service->code, key->participant->code,
					   key->day);
}
