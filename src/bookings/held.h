/*
 * held.h
 *	  What a node must not raise before it has a cap, or entries, that the coordinator reckons with already.
 */
#ifndef SP71_HELD_H
#define SP71_HELD_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern void held_check(List *batches);
extern void held_check_recount(void);

#endif
