/*
 * apply.h
 *	  Applying what bookings come to: to counters and usage cells, with verdicts.
 */
#ifndef SP71_APPLY_H
#define SP71_APPLY_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/judge.h"
#include "nodes/pg_list.h"

extern bool apply_in_memory(DeltaBatch *batch);
extern void apply_batches(List *batches, Relation counters, JudgeWhen when);
extern void apply_release(DeltaBatch *batch);
extern void apply_batch(DeltaBatch *batch, JudgeWhen when);

#endif
