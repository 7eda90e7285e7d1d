/*
 * held_usage.h
 *	  What other nodes use under caps of which they do not know yet that all of it counts there.
 */
#ifndef SP71_HELD_USAGE_H
#define SP71_HELD_USAGE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "types/amount.h"

/* What all other nodes use under a cap. */
typedef struct HeldUsage
{
	int32 cap_id;
	Amount before; /* as they have counted by now */
	Amount
		after; /* by caps and registers as this transaction has them: no more than this until they have applied it */
} HeldUsage;

extern List *held_usage_ask(List *caps);
extern uint64 held_usage_act(void);
extern bool held_usage_find(int32 cap_id, Amount *elsewhere);

#endif
