/*
 * usage_cell_task.h
 *	  What the files that change usage cells share: usage_cell.c, usage_cell_gather.c.
 */
#ifndef SP71_USAGE_CELL_TASK_H
#define SP71_USAGE_CELL_TASK_H

#include "sp71_steering.h"

#include "ledger/heap_row.h"
#include "ledger/stripes.h"
#include "ledger/usage_cell.h"

/* What a stripe holds at most, either way: the sum of all that there may be fits. */
#define USAGE_CELL_STRIPE_MOST (PG_INT64_MAX / STRIPES_MOST)

/* One change of one cell, while a stripe for it is being sought. */
typedef struct UsageCellTask
{
	Relation rel;
	const StripesKey *key;
	const UsageSum *delta;
	Stripes *stripes;
	TransactionId holder; /* of one of the stripes */
	bool unseen;          /* a stripe that our snapshot cannot see */
	bool changed;         /* a stripe was not as remembered, or changed while we looked */
	bool full;            /* the change is more than a stripe may hold */
	bool whole;           /* a row of the cell must be its only one */
	bool patient;         /* wait for a stripe whose holder is not known */
} UsageCellTask;

extern HeapKey usage_cell_key(Relation rel, const StripesKey *cell);
extern HeapKey usage_cell_stripe_key(Relation rel, const StripesKey *cell, int32 stripe);
extern HeapTuple usage_cell_form_tuple(UsageCellTask *task, int32 stripe);
extern void usage_cell_lock(const UsageCellTask *task);
extern void usage_cell_gather(UsageCellTask *task);

#endif
