/*
 * apply.c
 *	  Charging batches of bookings to the caps over them and to the usage cells.
 *
 * Counters are written in the order of cap ids: one order for all, so that single statements never
 * deadlock with each other. What goes to usage cells is written when the transaction commits.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "bookings/apply.h"
#include "bookings/closed_change.h"
#include "ledger/counter.h"
#include "ledger/usage_cell.h"
#include "rules/message.h"
#include "rules/rulebook.h"

/* What is charged to a cap. */
typedef struct Charge
{
	int32 cap_id;
	char status;
	int128 delta;
	Oid relid; /* a finance table that it came from */
} Charge;

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

/* A delta as it goes to a usage cell. */
typedef struct CellChange
{
	StripesKey key;
	UsageSum change;
} CellChange;

#define APPLY_IN_MEMORY_CAPS 16 /* more caps over one booking are written the usual way */

/* All that is to be written. */
typedef struct Application
{
	charge_hash_hash *charges; /* by cap; NULL: of one delta, whose caps come in order */
	Charge *list;              /* in order */
	int list_used;
	CellChange *cells;
	int cells_used;
	const ClosedDays *closed_days; /* NULL: no period is closed */
	ClosedChanges closed;
} Application;

/* Finds what is charged to a cap; *found: something was before. */
static inline Charge *
apply_find_charge(Application *application, int32 cap_id, bool *found)
{
	Charge *charge;

	if (application->charges != NULL)
		return charge_hash_insert(application->charges, cap_id, found);
	*found = false;
	charge = &application->list[application->list_used++];
	charge->cap_id = cap_id;
	return charge;
}

/* Charges one delta to the caps over it. Refuses it where a cap is required and none stands. */
static void
apply_charge(Application *application, const Source *source, const Delta *delta)
{
	const DeltaKey *key = &delta->key;
	const CapList *caps = rulebook_caps(key->service, key->participant);
	bool budgeted = false;

	if (application->charges == NULL)
		application->list = palloc(caps->count * sizeof(Charge) + 1);
	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];
		int128 amount = cap->metric == METRIC_BUDGET ? delta->change.amount : delta->change.volume;
		Charge *charge;
		bool found;

		if (key->day < cap->first_day || key->day >= cap->end_day)
			continue;
		budgeted |= cap->metric == METRIC_BUDGET;
		if (amount == 0)
			continue;
		charge = apply_find_charge(application, cap->cap_id, &found);
		charge->delta = found ? charge->delta + amount : amount;
		charge->relid = source->relid;
	}
	if (key->service->require_cap && !budgeted && delta->change.amount > 0)
		message_no_cap(source, key->service->code, key->participant->code, key->day);
}

/* Notes a delta on a day that is closed. Ignored rows count nowhere, and so in no closed period. */
static void
apply_closed(Application *application, const Source *source, const Delta *delta)
{
	const DeltaKey *key = &delta->key;

	if (closed_days_find(application->closed_days, key->day) != NULL)
		closed_change_add(&application->closed, source, key->service->id, key->participant->id,
						  key->day, &delta->change);
}

/* Adds what a delta does to its usage cell. */
static void
apply_cell(Application *application, const Source *source, const Delta *delta)
{
	CellChange *cell = &application->cells[application->cells_used++];

	cell->key.source_id = source->source_id;
	cell->key.service_id = delta->key.service == NULL ? USAGE_CELL_IGNORED : delta->key.service->id;
	cell->key.participant_id =
		delta->key.participant == NULL ? USAGE_CELL_IGNORED : delta->key.participant->id;
	cell->key.month = delta_month(delta->key.day);
	cell->change = delta->change;
}

/* Adds a batch to what is to be written. */
static void
apply_add_batch(Application *application, DeltaBatch *batch)
{
	const Source *source = delta_source(batch);
	int count;
	Delta *deltas = delta_list(batch, &count);
	for (int i = 0; i < count; i++)
	{
		if (deltas[i].key.service != NULL)
		{
			apply_charge(application, source, &deltas[i]);
			if (unlikely(application->closed_days != NULL))
				apply_closed(application, source, &deltas[i]);
		}
		apply_cell(application, source, &deltas[i]);
	}
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
apply_list_charges(Application *application)
{
	Size size = (Size) application->charges->members * sizeof(Charge) + 1;
	charge_hash_iterator iterator;
	Charge *charge;

	application->list = MemoryContextAllocHuge(CurrentMemoryContext, size);
	charge_hash_start_iterate(application->charges, &iterator);
	while ((charge = charge_hash_iterate(application->charges, &iterator)) != NULL)
		if (charge->delta != 0)
			application->list[application->list_used++] = *charge;
	qsort(application->list, application->list_used, sizeof(Charge), charge_compare);
}

/*
 * Writes the charges to the counters, in order, and has them judged.
 *
 * Once one is refused nothing more is written or waited for: of the other caps those are told of whose
 * usage is known without that.
 */
static void
apply_write_charges(Application *application, Relation counters, JudgeWhen when)
{
	List *refusals = NIL;

	for (int i = 0; i < application->list_used; i++)
	{
		const Charge *charge = &application->list[i];
		CounterChange change;

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
apply_add_cells(Application *application)
{
	CellChange *cells = application->cells;
	int count = application->cells_used;
	int last = 0;

	if (count > 1)
		qsort(cells, count, sizeof(CellChange), cell_change_compare);
	for (int i = 0; i < count; i = last)
	{
		for (last = i + 1; last < count && cell_change_compare(&cells[i], &cells[last]) == 0;
			 last++)
			usage_sum_add(&cells[i].change, &cells[last].change);
		if (!usage_sum_is_zero(&cells[i].change))
			usage_cell_note(&cells[i].key, &cells[i].change);
	}
}

/* Writes batches that come to at most so many deltas. Leaves memory behind. */
static void
apply_deltas(List *batches, Size most, Relation counters, JudgeWhen when)
{
	Application application = {0};
	ListCell *cell;

	if (most > 1)
		application.charges = charge_hash_create(CurrentMemoryContext, 8, NULL);
	application.closed_days = rulebook_closed_days();
	application.closed.context = CurrentMemoryContext;
	application.cells = MemoryContextAllocHuge(CurrentMemoryContext, most * sizeof(CellChange));
	foreach(cell, batches)
		apply_add_batch(&application, lfirst(cell));
	if (most > 1)
		apply_list_charges(&application);
	if (unlikely(application.closed.used > 0))
		closed_change_judge(&application.closed, when);
	apply_write_charges(&application, counters, when);
	apply_add_cells(&application);

	/* The next change of this transaction may be one of the same rows. */
	CommandCounterIncrement();
}

/*
 * Applies batches to counters of caps and usage cells, and judges what they do to the caps.
 *
 * Raises 23S71 or 23S72 where a ladder blocks, as soon as when says; 23S74 for a change in a closed
 * period; 40001 as described in heap_row.c.
 */
void
apply_batches(List *batches, Relation counters, JudgeWhen when)
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
		apply_deltas(batches, most, counters, when);
		return;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering application",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	apply_deltas(batches, most, counters, when);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Finds the rows of all counters that a delta changes; -1: not all take it in memory. */
static int
apply_find_calm(const Delta *delta, PendingRow **rows, int128 *amounts)
{
	const CapList *caps = rulebook_caps(delta->key.service, delta->key.participant);
	int count = 0;

	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];
		int128 amount = cap->metric == METRIC_BUDGET ? delta->change.amount : delta->change.volume;

		if (amount == 0 || delta->key.day < cap->first_day || delta->key.day >= cap->end_day)
			continue;
		if (count == APPLY_IN_MEMORY_CAPS)
			return -1;
		amounts[count] = amount;
		rows[count] = counter_find_calm(cap->cap_id, amount);
		if (rows[count++] == NULL)
			return -1;
	}
	return count;
}

/*
 * Makes the changes of a batch at once, if they are few, in rows which the transaction holds, and such
 * that there is nothing to judge. Else false, and nothing was changed.
 *
 * What other triggers of the statement add is judged at its end, together with this: it counts from
 * the statement's first change. Nothing is locked here, so that the order of locks stays what it is.
 */
bool
apply_in_memory(DeltaBatch *batch)
{
	PendingRow *rows[APPLY_IN_MEMORY_CAPS];
	int128 amounts[APPLY_IN_MEMORY_CAPS];
	Application application = {0};
	CellChange cell;
	Delta *delta;
	int count;

	if (delta_most(batch) > 1 || rulebook_closed_days() != NULL)
		return false;
	delta = delta_list(batch, &count);
	if (count == 0)
		return true;
	if (delta->key.service == NULL || delta->key.service->require_cap)
		return false;
	application.cells = &cell;
	apply_cell(&application, delta_source(batch), delta);
	count = apply_find_calm(delta, rows, amounts);
	if (count < 0)
		return false;
	for (int i = 0; i < count; i++)
		counter_add_calm(rows[i], amounts[i]);
	usage_cell_note(&cell.key, &cell.change);
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
