/*
 * delta.c
 *	  What a statement changes: bookings netted per service, participant and month.
 *
 * Per day only where that makes a difference: where a cap over them, or what is held (rules/held_scope.h), begins or
 * ends within the month, where the month is closed, or where the service wants a cap on each day. Then the entry of the
 * month stands for its first day, and other days have entries of their own.
 *
 * Most statements change one entry, which needs no hash table. What more a batch needs lives in a memory
 * context of its own, to delta_end(). A batch points into the rulebook, and pins it.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "bookings/booking.h"
#include "bookings/delta.h"
#include "bookings/fault_list.h"
#include "rules/rulebook.h"
#include "types/calendar.h"

typedef struct DeltaEntry
{
	DeltaKey key;
	char status;
	bool one_day; /* stands for the first day of its month, not for all of it */
	UsageSum change;
} DeltaEntry;

/* Tells whether two keys are the same. */
static inline bool
delta_is_key(const DeltaKey *a, const DeltaKey *b)
{
	return a->day == b->day && a->service == b->service && a->participant == b->participant;
}

/* Returns the hash of a key: of a row that is ignored, that of its day. Factors that are odd keep ids apart. */
static inline uint32
delta_key_hash(const DeltaKey *key)
{
	uint32 hash = (uint32) key->day;

	if (key->service != NULL)
		hash += (uint32) key->service->id * 0x9E3779B1 + (uint32) key->participant->id * 0x85EBCA77;
	return murmurhash32(hash);
}

#define SH_PREFIX delta_hash
#define SH_ELEMENT_TYPE DeltaEntry
#define SH_KEY_TYPE DeltaKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) delta_key_hash(&(k))
#define SH_EQUAL(tb, a, b) delta_is_key(&(a), &(b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct DeltaBatch
{
	MemoryContext parent;
	MemoryContext context; /* NULL until it is needed */
	Mapping *mapping;
	const Source *source;
	Oid relid; /* the table that a message names */
	bool has_first;
	DeltaEntry first;        /* the first entry */
	delta_hash_hash *others; /* NULL: there are none */
	BookingLookup lookup;
	bool refuses_first;  /* a row that is no booking is refused at once, and does not name itself */
	bool holds_counters; /* of all caps over it, also of those that it does not change in all */
	FaultList *faults;   /* of rows that are no bookings; NULL: there are none */
	OrderChanges *orders; /* what is done to order lines; NULL: nothing */
};

/* The month of the last row of any batch. */
static DateADT delta_this_month = 0;
static DateADT delta_next_month = 0;

/* Begins a batch for the source that mapping belongs to, in parent. Enter the rulebook before. */
DeltaBatch *
delta_begin(Mapping *mapping, MemoryContext parent)
{
	DeltaBatch *batch = MemoryContextAllocZero(parent, sizeof(DeltaBatch));

	batch->parent = parent;
	batch->mapping = mapping;
	batch->source = mapping_source(mapping);
	batch->relid = batch->source->relid;
	batch->lookup.find = booking_find_in_rulebook;
	batch->lookup.aliases = rulebook_aliases(batch->source->relid);
	rulebook_pin();
	return batch;
}

/* Has a batch refuse the first row that is no booking, for who looks for the others by himself. */
void
delta_refuse_first(DeltaBatch *batch)
{
	batch->refuses_first = true;
}

/* Has the counters be held of all caps over a batch, also of those that it, with others, does not change in all. */
void
delta_hold_counters(DeltaBatch *batch)
{
	batch->holds_counters = true;
}

/* Tells whether the counters of all caps over a batch are to be held. */
bool
delta_holds_counters(const DeltaBatch *batch)
{
	return batch->holds_counters;
}

/* Returns the memory of a batch that grows: what it holds as long as it lasts. */
MemoryContext
delta_context(DeltaBatch *batch)
{
	if (batch->context == NULL)
		batch->context =
			AllocSetContextCreate(batch->parent, "sp71_steering batch", ALLOCSET_DEFAULT_SIZES);
	return batch->context;
}

/* Goes on with a batch for another relation of its source. */
void
delta_set_mapping(DeltaBatch *batch, Mapping *mapping)
{
	batch->mapping = mapping;
}

/* Returns the source whose bookings a batch holds. */
const Source *
delta_source(const DeltaBatch *batch)
{
	return batch->source;
}

/* Returns the table that a message on what a batch does is to name. */
Oid
delta_relid(const DeltaBatch *batch)
{
	return batch->relid;
}

/* Has messages name another table than that of the source: the one whose rows led to it. */
void
delta_set_relid(DeltaBatch *batch, Oid relid)
{
	batch->relid = relid;
}

/* Ends a batch. */
void
delta_end(DeltaBatch *batch)
{
	rulebook_unpin();
	if (batch->context != NULL)
		MemoryContextDelete(batch->context);
	pfree(batch);
}

/* Returns the first day of the month of a day, and remembers the month. */
static inline DateADT
delta_month_of(DateADT day)
{
	if (likely(day >= delta_this_month && day < delta_next_month))
		return delta_this_month;
	if (DATE_NOT_FINITE(day))
		return day;
	delta_this_month = calendar_month_begin(day);
	delta_next_month = calendar_month_end(day);
	return delta_this_month;
}

/* The same, for who charges deltas. */
DateADT
delta_month(DateADT day)
{
	return delta_month_of(day);
}

/* Finds the entry of a key, or makes one; *found says which. Good until the next call. */
static inline DeltaEntry *
delta_entry(DeltaBatch *batch, const DeltaKey *key, bool *found)
{
	DeltaEntry *entry = &batch->first;

	*found = batch->has_first && delta_is_key(&entry->key, key);
	if (likely(*found))
		return entry;
	if (batch->has_first)
	{
		/* From the second entry on a hash table, in which a later one can move those before. */
		if (batch->others == NULL)
			batch->others = delta_hash_create(delta_context(batch), 64, NULL);
		entry = delta_hash_insert(batch->others, *key, found);
	}
	if (!*found)
	{
		batch->has_first = true;
		entry->key = *key;
		entry->one_day = false;
		memset(&entry->change, 0, sizeof(UsageSum));
	}
	return entry;
}

/*
 * Finds the entry that a booking is netted in, or makes one. A row that is ignored has neither service nor
 * participant.
 */
static inline DeltaEntry *
delta_entry_of(DeltaBatch *batch, const Booking *booking)
{
	DeltaKey key = {booking->service, booking->participant, delta_month_of(booking->day)};
	DeltaEntry *entry;
	bool found;

	Assert((key.service == NULL) == (key.participant == NULL));
	entry = delta_entry(batch, &key, &found);
	Assert(key.service == NULL || key.day == delta_this_month);
	if (!found)
		entry->one_day = delta_days_differ(&key, delta_next_month);
	if (likely(!entry->one_day || booking->day == key.day))
		return entry;

	/* The entry of the month stands for its first day alone then. */
	key.day = booking->day;
	return delta_entry(batch, &key, &found);
}

/* Notes a row that is no booking, which the mapping has read last, to be refused with the others. */
static void
delta_note_fault(DeltaBatch *batch, const Mapping *mapping, const MappedRow *row,
				 const Booking *booking)
{
	if (batch->refuses_first)
		booking_refuse(batch->source, row, booking, NULL);
	if (batch->faults == NULL)
		batch->faults = fault_list_begin(delta_context(batch));
	fault_list_add(batch->faults, mapping, row, booking);
}

/* Notes a booking of a source that has order lines, or rows that may release one. */
static void
delta_note_order(DeltaBatch *batch, const MappedRow *row, const Booking *booking, int sign)
{
	if (row->reference == NULL && row->releases == NULL)
		return;
	if (batch->orders == NULL)
		batch->orders = order_changes_begin(delta_context(batch));
	(void) order_changes_add(batch->orders, batch->source, row, booking, sign);
}

/* Returns what a batch does to order lines; NULL: nothing. */
OrderChanges *
delta_orders(const DeltaBatch *batch)
{
	return batch->orders;
}

/* Tells whether rows came that are no bookings, so that the batch will be refused. */
bool
delta_has_faults(const DeltaBatch *batch)
{
	return batch->faults != NULL;
}

/* Refuses with 23S73 the rows that came and are no bookings, if there are such. */
void
delta_refuse_faults(const DeltaBatch *batch)
{
	if (unlikely(batch->faults != NULL))
		fault_list_refuse(batch->faults, batch->source);
}

/*
 * Adds a row that came (sign 1) or went (sign -1), which a mapping of the batch's source has read last.
 *
 * A row that came and is no booking is refused when the batch is applied, or ignored, as the source says. One
 * that went is never refused: it was not counted either.
 */
static void
delta_add(DeltaBatch *batch, const Mapping *mapping, const MappedRow *row, int sign)
{
	Booking booking;
	DeltaEntry *delta;

	Assert(sign == 1 || sign == -1);
	if (!row->counts)
		return;
	if (unlikely(!booking_resolve(&batch->lookup, row, &booking)))
	{
		if (!batch->source->ignores_unknown)
		{
			if (sign > 0)
				delta_note_fault(batch, mapping, row, &booking);
			return;
		}
		/* Ignored, and counted as that in a cell of its own: health() tells how many there are. */
		booking.service = NULL;
		booking.participant = NULL;
		if (!booking_has_day(row))
			booking.day = DATEVAL_NOBEGIN;
	}
	else if (unlikely(batch->source->has_orders))
		delta_note_order(batch, row, &booking, sign);
	delta = delta_entry_of(batch, &booking);
	delta->change.amount += (int128) row->amount * sign;
	delta->change.volume += (int128) row->volume * sign;
	delta->change.bookings += sign;
}

/* Adds a row that somebody has read by a mapping of the batch's source. */
void
delta_add_read(DeltaBatch *batch, const Mapping *mapping, const MappedRow *row, int sign)
{
	delta_add(batch, mapping, row, sign);
}

/* Adds a row that somebody has read by the batch's mapping. */
void
delta_add_row(DeltaBatch *batch, const MappedRow *row, int sign)
{
	delta_add(batch, batch->mapping, row, sign);
}

/* Adds a row as it stands in a slot of the relation that the batch's mapping was compiled for. */
void
delta_add_slot(DeltaBatch *batch, TupleTableSlot *slot, int sign)
{
	MappedRow row;

	mapping_read(batch->mapping, slot, &row);
	delta_add(batch, batch->mapping, &row, sign);
}

/* Appends an entry to a list, unless it nets to zero. */
static inline void
delta_list_entry(Delta *list, int *count, const DeltaEntry *entry)
{
	/* Rows that came and went, or the entry of a month whose days have entries of their own. */
	if (usage_sum_is_zero(&entry->change))
		return;
	list[*count].key = entry->key;
	list[(*count)++].change = entry->change;
}

/* Returns how many deltas delta_list() returns at most. */
Size
delta_most(const DeltaBatch *batch)
{
	return 1 + (batch->others == NULL ? 0 : batch->others->members);
}

/* Returns what a batch comes to, in the caller's memory, and in *count how much that is. */
Delta *
delta_list(DeltaBatch *batch, int *count)
{
	Delta *list = MemoryContextAllocHuge(CurrentMemoryContext, delta_most(batch) * sizeof(Delta));
	delta_hash_iterator iterator;
	DeltaEntry *entry;

	*count = 0;
	if (batch->has_first)
		delta_list_entry(list, count, &batch->first);
	if (batch->others == NULL)
		return list;
	delta_hash_start_iterate(batch->others, &iterator);
	while ((entry = delta_hash_iterate(batch->others, &iterator)) != NULL)
		delta_list_entry(list, count, entry);
	Assert(*count <= delta_most(batch));
	return list;
}
