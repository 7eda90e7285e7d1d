/*
 * usage_cell.h
 *	  The only writer of steering.usage_cell while bookings run: usage per source, service,
 *	  participant and month.
 */
#ifndef SP71_USAGE_CELL_H
#define SP71_USAGE_CELL_H

#include "sp71_steering.h"

#include "ledger/usage_cell_row.h"

extern void usage_cell_search(Relation rel, const UsageCellKey **keys, int count);
extern void usage_cell_add(Relation rel, const UsageCellKey *key, const UsageSum *delta);

#endif
