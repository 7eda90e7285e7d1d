/*
 * delta.c
 *	  What a statement changes: bookings netted per (service, participant, date).
 *
 * A batch lives in a memory context of its own, from delta_begin() to delta_end(). It points into the
 * rulebook, which therefore is held.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "caps/delta.h"
#include "caps/message.h"
#include "caps/rulebook.h"
#include "own.h"
#include "sources/owner.h"

typedef struct DeltaEntry
{
	DeltaKey key;
	char status;
	UsageSum change;
} DeltaEntry;

#define SH_PREFIX delta_hash
#define SH_ELEMENT_TYPE DeltaEntry
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

struct DeltaBatch
{
	MemoryContext context;
	Mapping *mapping;
	const Source *source;
	delta_hash_hash *deltas;
	const RegisterNode *service;     /* of the last row */
	const RegisterNode *participant; /* of the last row */
};

/* Begins a batch for the source that mapping belongs to, below parent. Enter the rulebook before. */
DeltaBatch *
delta_begin(Mapping *mapping, MemoryContext parent)
{
	MemoryContext context =
		AllocSetContextCreate(parent, "sp71_steering batch", ALLOCSET_SMALL_SIZES);
	DeltaBatch *batch = MemoryContextAllocZero(context, sizeof(DeltaBatch));

	batch->context = context;
	batch->mapping = mapping;
	batch->source = mapping_source(mapping);
	batch->deltas = delta_hash_create(context, 4, NULL);
	rulebook_hold();
	return batch;
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

/*
 * Adds a row that came (sign 1) or went (sign -1).
 *
 * A row that came and is no booking is refused with 23S73, or ignored, as the source says. One that
 * went is never refused: it was not counted either.
 */
static void
delta_add(DeltaBatch *batch, const MappedRow *row, int sign)
{
	DeltaKey key;
	DeltaEntry *delta;
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
		memset(&delta->change, 0, sizeof(UsageSum));
	delta->change.amount += (int128) row->amount * sign;
	delta->change.volume += (int128) row->volume * sign;
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
	scan = table_beginscan(rel, snapshot, 0, NULL, 0);
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

/* Returns what a batch comes to, in the caller's memory, and in *count how much that is. */
Delta *
delta_list(DeltaBatch *batch, int *count)
{
	Delta *list = MemoryContextAllocHuge(CurrentMemoryContext,
										 (Size) batch->deltas->members * sizeof(Delta) + 1);
	delta_hash_iterator iterator;
	DeltaEntry *entry;

	*count = 0;
	delta_hash_start_iterate(batch->deltas, &iterator);
	while ((entry = delta_hash_iterate(batch->deltas, &iterator)) != NULL)
		if (!usage_sum_is_zero(&entry->change))
		{
			list[*count].key = entry->key;
			list[(*count)++].change = entry->change;
		}
	return list;
}
