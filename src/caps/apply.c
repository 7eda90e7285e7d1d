/*
 * apply.c
 *	  Charging batches of bookings to the caps over them and to the usage cells.
 *
 * Counters are written in the order of cap ids, then usage cells in the order of their keys: one
 * order for all, so that single statements never deadlock with each other.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "caps/apply.h"
#include "caps/counter.h"
#include "caps/message.h"
#include "caps/rulebook.h"
#include "caps/usage_cell.h"

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

/* All that is to be written. */
typedef struct Application
{
	MemoryContext context;
	charge_hash_hash *charges;
	CellChange *cells;
	int cells_used;
} Application;

/* Charges one delta to the caps over it. Refuses it where a cap is required and none stands. */
static void
apply_charge(Application *application, const Source *source, const Delta *delta)
{
	const DeltaKey *key = &delta->key;
	const CapList *caps = rulebook_caps(key->service, key->participant);
	bool budgeted = false;

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
		charge = charge_hash_insert(application->charges, cap->cap_id, &found);
		charge->delta = found ? charge->delta + amount : amount;
		charge->relid = source->relid;
	}
	if (key->service->require_cap && !budgeted && delta->change.amount > 0)
		message_no_cap(source, key->service->code, key->participant->code, key->day);
}

/*
 * Returns the first day of the month of a day. The first month of type date has lost its first days:
 * there it is the first day of all.
 */
static DateADT
apply_month(DateADT day)
{
	int year;
	int month;
	int dummy;

	if (DATE_NOT_FINITE(day))
		return day;
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &dummy);
	return Max(date2j(year, month, 1), DATETIME_MIN_JULIAN) - POSTGRES_EPOCH_JDATE;
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
	cell->key.month = apply_month(delta->key.day);
	cell->change = delta->change;
}

/* Adds a batch to what is to be written. */
static void
apply_add_batch(Application *application, DeltaBatch *batch)
{
	const Source *source = delta_source(batch);
	int count;
	Delta *deltas = delta_list(batch, &count);
	Size size = (Size) (application->cells_used + count) * sizeof(CellChange) + 1;

	application->cells = application->cells == NULL
							 ? MemoryContextAllocHuge(application->context, size)
							 : repalloc_huge(application->cells, size);
	for (int i = 0; i < count; i++)
	{
		if (deltas[i].key.service != NULL)
			apply_charge(application, source, &deltas[i]);
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

/* Writes the charges to the counters, in order, and has them judged. */
static void
apply_write_charges(Application *application, JudgeWhen when)
{
	charge_hash_hash *charges = application->charges;
	Charge *sorted =
		MemoryContextAllocHuge(application->context, (Size) charges->members * sizeof(Charge) + 1);
	int count = 0;
	charge_hash_iterator iterator;
	Charge *charge;
	Relation counters;

	charge_hash_start_iterate(charges, &iterator);
	while ((charge = charge_hash_iterate(charges, &iterator)) != NULL)
		if (charge->delta != 0)
			sorted[count++] = *charge;
	qsort(sorted, count, sizeof(Charge), charge_compare);

	counters = counter_open();
	for (int i = 0; i < count; i++)
	{
		CounterChange change =
			counter_add(counters, sorted[i].cap_id, amount_narrow(sorted[i].delta));

		judge_change(sorted[i].cap_id, &change, sorted[i].relid, when);
	}
	counter_close(counters);
}

/* Orders cell changes by key, as the index of steering.usage_cell does. */
static int
cell_change_compare(const void *a, const void *b)
{
	const StripesKey *left = &((const CellChange *) a)->key;
	const StripesKey *right = &((const CellChange *) b)->key;

	if (left->service_id != right->service_id)
		return left->service_id < right->service_id ? -1 : 1;
	if (left->participant_id != right->participant_id)
		return left->participant_id < right->participant_id ? -1 : 1;
	if (left->month != right->month)
		return left->month < right->month ? -1 : 1;
	return (left->source_id > right->source_id) - (left->source_id < right->source_id);
}

/* Writes the changes to the usage cells, in order. */
static void
apply_write_cells(Application *application)
{
	CellChange *cells = application->cells;
	int count = application->cells_used;
	int last = 0;
	Usage change;
	Relation rel;

	if (count == 0)
		return;
	qsort(cells, count, sizeof(CellChange), cell_change_compare);
	rel = usage_cell_open();
	for (int i = 0; i < count; i = last)
	{
		for (last = i + 1; last < count && cell_change_compare(&cells[i], &cells[last]) == 0;
			 last++)
			usage_sum_add(&cells[i].change, &cells[last].change);
		change = usage_narrow(&cells[i].change);
		if (!usage_is_zero(&change))
			usage_cell_add(rel, &cells[i].key, &change);
	}
	usage_cell_close(rel);
}

/*
 * Writes batches: counters of caps, then usage cells, and judges what they do to the caps.
 *
 * Raises 23S71 or 23S72 where a ladder blocks, as soon as when says; 40001 as described in
 * heap_row.c.
 */
void
apply_batches(List *batches, JudgeWhen when)
{
	Application application = {0};
	MemoryContext caller;
	ListCell *cell;

	application.context = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering application",
												ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(application.context);
	application.charges = charge_hash_create(application.context, 8, NULL);
	foreach(cell, batches)
		apply_add_batch(&application, lfirst(cell));
	apply_write_charges(&application, when);
	apply_write_cells(&application);

	/* The next change of this transaction may be one of the same rows. */
	CommandCounterIncrement();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(application.context);
}

/* Writes one batch, see apply_batches(). */
void
apply_batch(DeltaBatch *batch, JudgeWhen when)
{
	apply_batches(list_make1(batch), when);
}
