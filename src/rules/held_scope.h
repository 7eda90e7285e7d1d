/*
 * held_scope.h
 *	  What a node must not raise before an act of the coordinator is over: rows of steering.held_scope.
 */
#ifndef SP71_HELD_SCOPE_H
#define SP71_HELD_SCOPE_H

#include "sp71_steering.h"

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "rules/metric.h"
#include "utils/date.h"

/* A metric of bookings under a cap that is new, or that entries join. */
typedef struct HeldScope
{
	Metric metric;       /* what of them is held */
	Bitmapset *services; /* their numbers */
	Bitmapset *participants;
	DateADT first_day;
	DateADT end_day;
} HeldScope;

extern List *held_scope_load(MemoryContext context);
extern bool held_scope_divides(const List *scopes, DateADT month, DateADT next_month);
extern bool held_scope_is_raised(const List *scopes, int32 service_id, int32 participant_id,
								 DateADT day, const UsageSum *change);
extern void held_scope_forget(void);

#endif
