/*
 * stripes.h
 *	  Where the stripes of a counter or usage cell were seen last: hints, remembered per backend.
 */
#ifndef SP71_STRIPES_H
#define SP71_STRIPES_H

#include "sp71_steering.h"

#include "storage/itemptr.h"

#define STRIPES_MOST 1024 /* what sp71_steering.max_stripes may be */

/*
 * What has stripes: a usage cell, or the counter of a cap (source_id 0, service_id its cap_id). Below
 * zero are changes in closed periods, which are pending but have none; see closed_change.h.
 */
typedef struct StripesKey
{
	int32 source_id;
	int32 service_id;
	int32 participant_id;
	int32 month;
} StripesKey;

typedef struct StripeHint
{
	int32 stripe;
	int32 depth;
	ItemPointerData tid;
} StripeHint;

typedef struct Stripes
{
	StripesKey key; /* hash key */
	int count;      /* 0: nothing is known */
	int room;
	int preferred; /* where to begin, so that backends spread out */
	int calm;      /* changes since a look at the other stripes */
	StripeHint *hints;
} Stripes;

extern Stripes *stripes_of(Oid relid, const StripesKey *key);
extern void stripes_remember(Stripes *stripes, int32 stripe, int32 depth, ItemPointer tid);
extern void stripes_forget(Stripes *stripes);
extern void stripes_order(Stripes *stripes);

#endif
