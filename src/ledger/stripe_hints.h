/*
 * stripe_hints.h
 *	  Where the stripes of a counter or usage cell were seen last: hints, remembered per backend.
 */
#ifndef SP71_STRIPE_HINTS_H
#define SP71_STRIPE_HINTS_H

#include "sp71_steering.h"

#include "storage/itemptr.h"

#define STRIPE_HINTS_MAX_KEYS 16384 /* about 2 MB where each has one stripe */

typedef struct StripeHint
{
	int32 stripe;
	int32 depth;
	ItemPointerData tid;
} StripeHint;

/* Those of one counter or cell. */
typedef struct StripeHints
{
	int count; /* 0: none is known */
	int room;
	int preferred; /* where to begin, so that backends spread out */
	int changes;   /* since a look at the other stripes */
	bool absent;   /* a scan of the table has met none */
	StripeHint *list;
} StripeHints;

/* A table whose rows have stripes. Begins as {.key_size = ...}. */
typedef struct StripedTable
{
	Size key_size; /* of what has stripes, compared byte by byte */
	Oid relid;     /* the table that the hints point into */
	MemoryContext context;
	struct HTAB *hints;
} StripedTable;

extern StripeHints *stripe_hints_of(StripedTable *table, Oid relid, const void *key);
extern void stripe_hints_remember(const StripedTable *table, StripeHints *hints, int32 stripe,
								  int32 depth, ItemPointer tid);
extern void stripe_hints_forget(StripeHints *hints);
extern void stripe_hints_order(StripeHints *hints);

#endif
