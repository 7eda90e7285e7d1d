/*
 * stripes.c
 *	  Where the stripes of a counter or usage cell were seen last: hints, remembered per backend.
 *
 * Nothing here needs to be true. Who uses a hint looks whether the row is there, and forgets all
 * hints of a key when one was wrong. The memory is bounded: when too many keys are known, all are
 * forgotten. A Stripes pointer is good until the next call of stripes_of().
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "ledger/stripes.h"

#define STRIPES_MAX_KEYS 16384 /* about 2 MB where each has one stripe */

static MemoryContext stripes_context = NULL;
static HTAB *stripes_table = NULL;
static Oid stripes_relids[2]; /* the tables that the hints point into: cells, counters */

/* Forgets everything. */
static void
stripes_reset(void)
{
	HASHCTL control = {.keysize = sizeof(StripesKey), .entrysize = sizeof(Stripes)};

	if (stripes_context != NULL)
		MemoryContextDelete(stripes_context);
	stripes_table = NULL;
	stripes_context =
		AllocSetContextCreate(CacheMemoryContext, "sp71_steering stripes", ALLOCSET_DEFAULT_SIZES);
	control.hcxt = stripes_context;
	stripes_table =
		hash_create("sp71_steering stripes", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Returns what is known of the stripes of a key in a table; count is 0 when that is nothing. */
Stripes *
stripes_of(Oid relid, const StripesKey *key)
{
	Oid *known = &stripes_relids[key->source_id == 0];
	Stripes *stripes;
	bool found;

	if (stripes_table == NULL || *known != relid ||
		hash_get_num_entries(stripes_table) >= STRIPES_MAX_KEYS)
		stripes_reset();
	*known = relid;
	stripes = hash_search(stripes_table, key, HASH_ENTER, &found);
	if (!found)
	{
		stripes->count = stripes->room = 0;
		stripes->hints = NULL;
		stripes->preferred = stripes->calm = 0;
	}
	return stripes;
}

/* Remembers where a stripe stands. */
void
stripes_remember(Stripes *stripes, int32 stripe, int32 depth, ItemPointer tid)
{
	int i = 0;

	while (i < stripes->count && stripes->hints[i].stripe != stripe)
		i++;
	if (i == stripes->room)
	{
		stripes->room = Max(1, 2 * stripes->room);
		stripes->hints =
			stripes->hints == NULL
				? MemoryContextAlloc(stripes_context, stripes->room * sizeof(StripeHint))
				: repalloc(stripes->hints, stripes->room * sizeof(StripeHint));
	}
	if (i == stripes->count)
		stripes->count++;
	stripes->hints[i].stripe = stripe;
	stripes->hints[i].depth = depth;
	stripes->hints[i].tid = *tid;
}

/* Forgets the stripes of a key. */
void
stripes_forget(Stripes *stripes)
{
	stripes->count = 0;
}

/* Chooses where to begin, now that all stripes of a key are known. */
void
stripes_order(Stripes *stripes)
{
	stripes->preferred = MyProcPid % Max(1, stripes->count);
	stripes->calm = 0;
}
