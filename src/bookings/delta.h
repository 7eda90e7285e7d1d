/*
 * delta.h
 *	  What a statement changes: bookings netted per service, participant and month.
 */
#ifndef SP71_DELTA_H
#define SP71_DELTA_H

#include "sp71_steering.h"

#include "bookings/order_change.h"
#include "mapping/mapping.h"
#include "registers/register_node.h"
#include "types/usage.h"

/* What was netted. Ignored rows have neither service nor participant. */
typedef struct DeltaKey
{
	const RegisterNode *service;
	const RegisterNode *participant;
	DateADT day; /* stands for all days of its month over which the same caps stand */
} DeltaKey;

typedef struct Delta
{
	DeltaKey key;
	UsageSum change;
} Delta;

typedef struct DeltaBatch DeltaBatch;

extern DeltaBatch *delta_begin(Mapping *mapping, MemoryContext parent);
extern void delta_refuse_first(DeltaBatch *batch);
extern void delta_hold_counters(DeltaBatch *batch);
extern bool delta_holds_counters(const DeltaBatch *batch);
extern void delta_set_mapping(DeltaBatch *batch, Mapping *mapping);
extern const Source *delta_source(const DeltaBatch *batch);
extern MemoryContext delta_context(DeltaBatch *batch);
extern void delta_add_read(DeltaBatch *batch, const Mapping *mapping, const MappedRow *row,
						   int sign);
extern void delta_add_row(DeltaBatch *batch, const MappedRow *row, int sign);
extern void delta_add_slot(DeltaBatch *batch, TupleTableSlot *slot, int sign);
extern bool delta_has_faults(const DeltaBatch *batch);
extern void delta_refuse_faults(const DeltaBatch *batch);
extern Size delta_most(const DeltaBatch *batch);
extern Delta *delta_list(DeltaBatch *batch, int *count);
extern Oid delta_relid(const DeltaBatch *batch);
extern void delta_set_relid(DeltaBatch *batch, Oid relid);
extern OrderChanges *delta_orders(const DeltaBatch *batch);
extern void delta_end(DeltaBatch *batch);
extern DateADT delta_month(DateADT day);

/* delta_day.c */
extern bool delta_days_differ(const DeltaKey *key, DateADT next_month);

#endif
