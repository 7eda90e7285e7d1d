/*
 * stripe_hints.c
 *	  Where the stripes of a counter or usage cell were seen last: hints, remembered per backend.
 *
 * Nothing here needs to be true. Who uses a hint looks whether the row is there, and forgets all
 * hints of a key when one was wrong. The memory is bounded: when too many keys of a table are known, all
 * are forgotten. What is returned is good until the next call for the same table.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "ledger/stripe_hints.h"
#include "settings.h"

#define STRIPE_HINTS_MAX_KEY_SIZE 16

/* An entry of the hash; its key comes first. */
typedef struct StripeHintsEntry
{
	char key[STRIPE_HINTS_MAX_KEY_SIZE];
	StripeHints hints;
} StripeHintsEntry;

/* Forgets all hints of a table. */
static void
stripe_hints_reset(StripedTable *table)
{
	HASHCTL control = {.keysize = table->key_size, .entrysize = sizeof(StripeHintsEntry)};

	Assert(table->key_size <= STRIPE_HINTS_MAX_KEY_SIZE);
	if (table->context != NULL)
		MemoryContextDelete(table->context);
	table->hints = NULL;
	table->context =
		AllocSetContextCreate(CacheMemoryContext, "sp71_steering stripes", ALLOCSET_DEFAULT_SIZES);
	control.hcxt = table->context;
	table->hints =
		hash_create("sp71_steering stripes", 32, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Returns what is known of the stripes of a key in a table; count is 0 when that is nothing. */
StripeHints *
stripe_hints_of(StripedTable *table, Oid relid, const void *key)
{
	StripeHintsEntry *entry;
	bool found;

	if (table->hints == NULL || table->relid != relid ||
		hash_get_num_entries(table->hints) >= STRIPE_HINTS_MAX_KEYS)
		stripe_hints_reset(table);
	table->relid = relid;
	entry = hash_search(table->hints, key, HASH_ENTER, &found);
	if (!found)
		memset(&entry->hints, 0, sizeof(StripeHints));
	return &entry->hints;
}

/* Remembers where a stripe stands. */
void
stripe_hints_remember(const StripedTable *table, StripeHints *hints, int32 stripe, int32 depth,
					  ItemPointer tid)
{
	int i = 0;

	Assert(hints->count <= hints->room && stripe >= 0 && stripe < STRIPES_MOST);
	while (i < hints->count && hints->list[i].stripe != stripe)
		i++;
	if (i == hints->room)
	{
		hints->room = Max(1, 2 * hints->room);
		hints->list = hints->list == NULL
						  ? MemoryContextAlloc(table->context, hints->room * sizeof(StripeHint))
						  : repalloc(hints->list, hints->room * sizeof(StripeHint));
	}
	if (i == hints->count)
		hints->count++;
	hints->absent = false;
	hints->list[i].stripe = stripe;
	hints->list[i].depth = depth;
	hints->list[i].tid = *tid;
}

/* Forgets the stripes of a key. */
void
stripe_hints_forget(StripeHints *hints)
{
	hints->count = 0;
	hints->absent = false;
}

/* Chooses where to begin, now that all stripes of a key are known. */
void
stripe_hints_order(StripeHints *hints)
{
	hints->preferred = MyProcPid % Max(1, hints->count);
	hints->changes = 0;
}
