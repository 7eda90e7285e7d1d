/*
 * usage_cell_gather.h
 *	  Usage cells as a whole: making a change in all stripes at once, and making one row of them.
 */
#ifndef SP71_USAGE_CELL_GATHER_H
#define SP71_USAGE_CELL_GATHER_H

#include "sp71_steering.h"

#include "ledger/stripe_hints.h"
#include "ledger/usage_cell_row.h"
#include "settings.h"

/* The most that a stripe may hold, up or down: so all that there may be add up to an amount. */
#define USAGE_CELL_STRIPE_MOST (PG_INT64_MAX / STRIPES_MOST)

/* One change of one cell, while a stripe for it is being sought. */
typedef struct UsageCellTask
{
	Relation rel;
	const UsageCellKey *key;
	const UsageSum *delta;
	StripeHints *stripes;
	TransactionId holder; /* of one of the stripes */
	bool unseen;          /* a stripe that our snapshot cannot see */
	bool changed;         /* a stripe was not as remembered, or changed while we looked */
	bool full;            /* the change is more than a stripe may hold */
	bool whole;           /* a row of the cell must be its only one */
	bool patient;         /* wait for a stripe whose holder is not known */
} UsageCellTask;

extern void usage_cell_gather(UsageCellTask *task);
extern int usage_cell_compact(Relation rel, const UsageCellKey *key);

#endif
