/*
 * charge.h
 *	  What batches of bookings come to: charges to the caps over them, changes of usage cells and of
 *	  closed periods. Nothing is changed here.
 */
#ifndef SP71_CHARGE_H
#define SP71_CHARGE_H

#include "sp71_steering.h"

#include "bookings/closed_change.h"
#include "bookings/delta.h"
#include "ledger/usage_cell_row.h"
#include "rules/closed_days.h"

/* What is charged to a cap. */
typedef struct Charge
{
	int32 cap_id;
	char status;
	Oid relid; /* a finance table that it came from */
	int128 delta;
} Charge;

/* A delta as it goes to a usage cell. */
typedef struct CellChange
{
	UsageCellKey key;
	UsageSum change;
} CellChange;

#define CHARGES_FEW 16 /* charges of one delta that need no memory of their own */

struct charge_hash_hash;

/* All of it. */
typedef struct Charges
{
	Oid relid; /* the table that messages name, of the batch that is being added */
	struct charge_hash_hash *by_cap; /* while several deltas are added; NULL: of one */
	Charge *list;                    /* in the order of caps */
	int count;
	CellChange *cells;
	int cell_count;
	const ClosedDays *closed_days; /* NULL: no period is closed */
	ClosedChanges closed;
	bool holds_counters; /* charges that come to nothing are made as well */
	bool requires_cap;   /* a service is booked on that needs a budget cap */
	bool has_no_cap;     /* and over this booking on it none stands */
	Delta no_cap;
	const Source *no_cap_source;
	Charge few[CHARGES_FEW];
	CellChange one_cell;
} Charges;

extern void charges_begin(Charges *charges, Size most);
extern void charges_add(Charges *charges, DeltaBatch *batch);
extern void charges_end(Charges *charges);
extern void charges_refuse_missing_cap(const Charges *charges);

#endif
