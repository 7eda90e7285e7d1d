/*
 * delta.c
 *	  What one statement changes: bookings netted per (service, participant, date), then charged to
 *	  the caps over them and to the usage cells.
 *
 * A batch lives in a memory context of its own, from delta_begin() to delta_end(); after an error
 * it goes with the context it was made in. It points into the rulebook, which therefore is held.
 *
 * Counters are written in the order of cap ids, then usage cells in the order of their keys: one
 * order for all, so that single statements never deadlock with each other.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "caps/delta.h"
#include "caps/message.h"
#include "caps/pending.h"
#include "caps/rulebook.h"
#include "caps/usage_cell.h"
#include "own.h"
#include "sources/owner.h"

/* What was netted per service, participant and day. Ignored rows have neither. */
typedef struct DeltaKey
{
	const RegisterNode *service;
	const RegisterNode *participant;
	DateADT day;
} DeltaKey;

typedef struct Delta
{
	DeltaKey key;
	char status;
	Usage change;
} Delta;

#define SH_PREFIX delta_hash
#define SH_ELEMENT_TYPE Delta
#define SH_KEY_TYPE DeltaKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k)                                                                         \
	hash_combine(murmurhash32((uint32) (k).day),                                                   \
				 (k).service == NULL ? 0                                                           \
									 : hash_combine(murmurhash32((k).service->id),                 \
													murmurhash32((k).participant->id)))
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).day == (b).day && (a).service == (b).service && (a).participant == (b).participant)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What is charged to a cap. */
typedef struct Charge
{
	int32 cap_id;
	char status;
	Amount delta;
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

struct DeltaBatch
{
	MemoryContext context;
	Mapping *mapping;
	const Source *source;
	delta_hash_hash *deltas;
	const RegisterNode *service;     /* of the last row */
	const RegisterNode *participant; /* of the last row */
};

/* Begins a batch for the source that mapping belongs to. Enter the rulebook before. */
DeltaBatch *
delta_begin(Mapping *mapping)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering batch", ALLOCSET_SMALL_SIZES);
	DeltaBatch *batch = MemoryContextAllocZero(context, sizeof(DeltaBatch));

	batch->context = context;
	batch->mapping = mapping;
	batch->source = mapping_source(mapping);
	batch->deltas = delta_hash_create(context, 4, NULL);
	rulebook_hold();
	return batch;
}

/* Ends a batch. */
void
delta_end(DeltaBatch *batch)
{
	rulebook_release();
	MemoryContextDelete(batch->context);
}

/* Tells whether a code is that of an entry. */
static inline bool
delta_is_code(const RegisterNode *node, const text *code)
{
	int length = VARSIZE_ANY_EXHDR(code);

	return node != NULL && strncmp(node->code, VARDATA_ANY(code), length) == 0 &&
		   node->code[length] == '\0';
}

/* Finds the service of a row, which often is that of the row before. */
static inline const RegisterNode *
delta_service(DeltaBatch *batch, const text *code)
{
	if (code == NULL)
		return NULL;
	if (!delta_is_code(batch->service, code))
		batch->service = rulebook_service(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
	return batch->service;
}

/* Finds the participant of a row. */
static inline const RegisterNode *
delta_participant(DeltaBatch *batch, const text *code)
{
	if (code == NULL)
		return NULL;
	if (!delta_is_code(batch->participant, code))
		batch->participant = rulebook_participant(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
	return batch->participant;
}

/* Tells whether an entry of a register takes part on a day. */
static inline bool
delta_valid_on(const RegisterNode *node, DateADT day)
{
	return day >= node->first_day && day < node->end_day;
}

/* Refuses a row that is no booking, and says why. */
static void
delta_refuse(DeltaBatch *batch, const MappedRow *row, const DeltaKey *key)
{
	if (key->service == NULL)
		message_unknown_code(batch->source, "service", row->service);
	if (key->participant == NULL)
		message_unknown_code(batch->source, "participant", row->participant);
	if (!row->has_date || DATE_NOT_FINITE(row->booked_on))
		message_unknown_date(batch->source, row);
	if (!delta_valid_on(key->service, row->booked_on))
		message_not_valid_on(batch->source, "service", key->service, row->booked_on);
	message_not_valid_on(batch->source, "participant", key->participant, row->booked_on);
}

/* Finds service, participant and day of a row; false when it is no booking. */
static inline bool
delta_resolve(DeltaBatch *batch, const MappedRow *row, DeltaKey *key)
{
	key->service = delta_service(batch, row->service);
	key->participant = delta_participant(batch, row->participant);
	key->day = row->booked_on;
	return key->service != NULL && key->participant != NULL && row->has_date &&
		   !DATE_NOT_FINITE(key->day) && delta_valid_on(key->service, key->day) &&
		   delta_valid_on(key->participant, key->day);
}

/* Adds an amount with a sign. */
static inline void
delta_accumulate(Amount *sum, Amount amount, int sign)
{
	*sum = sign > 0 ? amount_add(*sum, amount) : amount_subtract(*sum, amount);
}

/*
 * Adds a row that came (sign 1) or went (sign -1).
 *
 * A row that came and is no booking is refused with 23S73, or ignored, as the source says. One that
 * went is never refused: it was not counted either.
 */
void
delta_add(DeltaBatch *batch, const MappedRow *row, int sign)
{
	DeltaKey key;
	Delta *delta;
	bool found;

	if (!row->counts)
		return;
	if (unlikely(!delta_resolve(batch, row, &key)))
	{
		if (!batch->source->ignores_unknown)
		{
			if (sign > 0)
				delta_refuse(batch, row, &key);
			return;
		}
		key.service = NULL;
		key.participant = NULL;
		if (!row->has_date || DATE_NOT_FINITE(key.day))
			key.day = DATEVAL_NOBEGIN;
	}
	delta = delta_hash_insert(batch->deltas, key, &found);
	if (!found)
		memset(&delta->change, 0, sizeof(Usage));
	delta_accumulate(&delta->change.amount, row->amount, sign);
	delta_accumulate(&delta->change.volume, row->volume, sign);
	delta->change.bookings += sign;
}

/* Adds a row as it stands in a slot of the relation that the batch's mapping was compiled for. */
void
delta_add_slot(DeltaBatch *batch, TupleTableSlot *slot, int sign)
{
	MappedRow row;

	mapping_read(batch->mapping, slot, &row);
	delta_add(batch, &row, sign);
}

/*
 * Adds all rows of a relation of the source's tree, without its children, as of the latest snapshot.
 *
 * The caller keeps writers away. The expressions are the table owner's, so they run with the owner's
 * rights and not with those of a superuser who happens to call.
 */
void
delta_add_relation(DeltaBatch *batch, Relation rel, int sign)
{
	Mapping *mapping = mapping_of(rel);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan;
	OwnerState state;

	/* A partition that has just been detached is in nobody's tree any more. */
	if (mapping == NULL)
		mapping = mapping_compile(rel, batch->source, batch->context);
	owner_begin(&state, rel);
	scan = table_beginscan(rel, snapshot, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		mapping_read(mapping, slot, &row);
		delta_add(batch, &row, sign);
	}
	table_endscan(scan);
	owner_end(&state);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
}

/* Charges one delta to the caps over it. Refuses it where a cap is required and none stands. */
static void
delta_charge(DeltaBatch *batch, const Delta *delta, charge_hash_hash *charges)
{
	const DeltaKey *key = &delta->key;
	const CapList *caps = rulebook_caps(key->service, key->participant);
	bool budgeted = false;

	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];
		Amount amount = cap->metric == METRIC_BUDGET ? delta->change.amount : delta->change.volume;
		Charge *charge;
		bool found;

		if (key->day < cap->first_day || key->day >= cap->end_day)
			continue;
		budgeted |= cap->metric == METRIC_BUDGET;
		if (amount == 0)
			continue;
		charge = charge_hash_insert(charges, cap->cap_id, &found);
		charge->delta = found ? amount_add(charge->delta, amount) : amount;
	}
	if (key->service->require_cap && !budgeted && delta->change.amount > 0)
		message_no_cap(batch->source, key->service->code, key->participant->code, key->day);
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
delta_write_charges(DeltaBatch *batch, charge_hash_hash *charges, JudgeWhen when)
{
	Charge *sorted =
		MemoryContextAllocHuge(batch->context, (Size) charges->members * sizeof(Charge) + 1);
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
		CounterChange change = counter_add(counters, sorted[i].cap_id, sorted[i].delta);

		judge_change(counters, sorted[i].cap_id, &change, batch->source->relid, when);
	}
	counter_close(counters);
}

/*
 * Returns the first day of the month of a day. The first month of type date has lost its first days:
 * there it is the first day of all.
 */
static DateADT
delta_month(DateADT day)
{
	int year;
	int month;
	int dummy;

	if (DATE_NOT_FINITE(day))
		return day;
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &dummy);
	return Max(date2j(year, month, 1), DATETIME_MIN_JULIAN) - POSTGRES_EPOCH_JDATE;
}

/* A delta as it goes to a usage cell. */
typedef struct CellChange
{
	StripesKey key;
	Usage change;
} CellChange;

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
	return (left->month > right->month) - (left->month < right->month);
}

/* Makes the cell change of a delta. */
static CellChange
cell_change_of(DeltaBatch *batch, const Delta *delta)
{
	CellChange cell = {.change = delta->change};

	cell.key.source_id = batch->source->source_id;
	cell.key.service_id = delta->key.service == NULL ? USAGE_CELL_IGNORED : delta->key.service->id;
	cell.key.participant_id =
		delta->key.participant == NULL ? USAGE_CELL_IGNORED : delta->key.participant->id;
	cell.key.month = delta_month(delta->key.day);
	return cell;
}

/* Writes the deltas to the usage cells, in order. */
static void
delta_write_cells(DeltaBatch *batch)
{
	CellChange *cells =
		MemoryContextAllocHuge(batch->context,
							   (Size) batch->deltas->members * sizeof(CellChange) + 1);
	int count = 0;
	int last = 0;
	delta_hash_iterator iterator;
	Delta *delta;
	Relation rel;

	delta_hash_start_iterate(batch->deltas, &iterator);
	while ((delta = delta_hash_iterate(batch->deltas, &iterator)) != NULL)
		cells[count++] = cell_change_of(batch, delta);
	qsort(cells, count, sizeof(CellChange), cell_change_compare);

	rel = usage_cell_open();
	for (int i = 0; i < count; i = last)
	{
		for (last = i + 1; last < count && cell_change_compare(&cells[i], &cells[last]) == 0;
			 last++)
			cells[i].change = usage_add(&cells[i].change, &cells[last].change);
		if (!usage_is_zero(&cells[i].change))
			usage_cell_add(rel, &cells[i].key, &cells[i].change);
	}
	usage_cell_close(rel);
}

/*
 * Writes a batch: counters of caps, then usage cells, and judges what it does to the caps.
 *
 * Raises 23S71 or 23S72 where a ladder blocks, as soon as when says; 40001 as described in
 * heap_row.c.
 */
void
delta_apply(DeltaBatch *batch, JudgeWhen when)
{
	MemoryContext caller = MemoryContextSwitchTo(batch->context);
	charge_hash_hash *charges = charge_hash_create(batch->context, 8, NULL);
	delta_hash_iterator iterator;
	Delta *delta;

	delta_hash_start_iterate(batch->deltas, &iterator);
	while ((delta = delta_hash_iterate(batch->deltas, &iterator)) != NULL)
		if (delta->key.service != NULL && !usage_is_zero(&delta->change))
			delta_charge(batch, delta, charges);
	delta_write_charges(batch, charges, when);
	delta_write_cells(batch);

	/* Another trigger of this statement may change the same rows. */
	CommandCounterIncrement();
	MemoryContextSwitchTo(caller);
}
