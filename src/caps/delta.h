/*
 * delta.h
 *	  What one statement changes: bookings netted per (service, participant, date), then charged to
 *	  the caps over them and to the usage cells.
 */
#ifndef SP71_DELTA_H
#define SP71_DELTA_H

#include "sp71_steering.h"

#include "caps/judge.h"
#include "sources/mapping.h"

typedef struct DeltaBatch DeltaBatch;

extern DeltaBatch *delta_begin(Mapping *mapping);
extern void delta_add(DeltaBatch *batch, const MappedRow *row, int sign);
extern void delta_add_slot(DeltaBatch *batch, TupleTableSlot *slot, int sign);
extern void delta_add_relation(DeltaBatch *batch, Relation rel, int sign);
extern void delta_apply(DeltaBatch *batch, JudgeWhen when);
extern void delta_end(DeltaBatch *batch);

#endif
