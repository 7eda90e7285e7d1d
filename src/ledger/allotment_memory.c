/*
 * allotment_memory.c
 *	  What this backend knows of rows of steering.allotment: where they stand, and what they say.
 *
 * Where a row stands is a hint. What it says is believed by a transaction that holds the counter as a whole, where the
 * row of the counter that it found there was written by the last transaction that read the allotment here. For an
 * allotment changes
 *  - with the row of the counter, by who holds that as a whole: then the row was written by another transaction;
 *  - with the structure of registers or caps, of which each backend hears before it books again (rulebook.c): then
 *    all is forgotten;
 *  - without either only to a higher one: then the coordinator is asked in vain, and the row is read again.
 *
 * Within a transaction that has changed one of these itself nothing is kept, since a part of it may be rolled back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "ledger/allotment_memory.h"
#include "ledger/changed_counter.h"
#include "rules/cap_figures.h"
#include "rules/rulebook.h"

#define MEMORY_MAX_CAPS 16384 /* about 1 MB */

/* So many transactions later the number of one may be that of another. */
#define MEMORY_MAX_AGE ((uint64) 1 << 31)

#define SH_PREFIX memory_hash
#define SH_ELEMENT_TYPE AllotmentMemory
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static memory_hash_hash *memory_table = NULL;
static uint32 memory_generation = 0; /* of the figures of caps, when the table was empty */

/* Returns what is known of a cap, made if there is nothing. Good until the next call. */
AllotmentMemory *
allotment_memory_of(int32 cap_id)
{
	uint32 generation = cap_figures_generation();
	AllotmentMemory *memory;
	bool found;

	if (memory_table == NULL)
		memory_table = memory_hash_create(CacheMemoryContext, 64, NULL);
	else if (memory_generation != generation || memory_table->members >= MEMORY_MAX_CAPS)
		memory_hash_reset(memory_table);
	memory_generation = generation;
	memory = memory_hash_insert(memory_table, cap_id, &found);
	if (!found)
	{
		ItemPointerSetInvalid(&memory->place);
		memory->reader = memory->writer = InvalidFullTransactionId;
	}
	return memory;
}

/* Returns the counter of a cap, where the transaction has written it as a whole; else NULL. */
static const ChangedCounter *
memory_counter(const AllotmentMemory *memory)
{
	const ChangedCounter *changed = changed_counter_find(memory->cap_id);

	return changed != NULL && changed->held && changed->depth == 0 ? changed : NULL;
}

/* Tells whether what is known of a cap is what a look at the row would say. */
bool
allotment_memory_is_true(const AllotmentMemory *memory)
{
	const ChangedCounter *changed = memory_counter(memory);
	uint64 reader = U64FromFullTransactionId(memory->reader);
	uint64 present = U64FromFullTransactionId(GetTopFullTransactionIdIfAny());

	return changed != NULL && FullTransactionIdIsValid(memory->reader) &&
		   TransactionIdEquals(changed->writer, XidFromFullTransactionId(memory->reader)) &&
		   reader < present && present - reader < MEMORY_MAX_AGE;
}

/* Keeps what is true of a cap now, for transactions to come. */
void
allotment_memory_keep(AllotmentMemory *memory)
{
	FullTransactionId present = GetTopFullTransactionIdIfAny();
	bool keep = memory_counter(memory) != NULL && !rulebook_is_changing() &&
				!FullTransactionIdEquals(memory->writer, present);

	memory->reader = keep ? present : InvalidFullTransactionId;
}

/* Has nothing believed of a cap that this transaction has read, or reads yet: it writes the allotment. */
void
allotment_memory_bar(int32 cap_id)
{
	AllotmentMemory *memory = allotment_memory_of(cap_id);

	memory->reader = InvalidFullTransactionId;
	memory->writer = GetTopFullTransactionId();
}
