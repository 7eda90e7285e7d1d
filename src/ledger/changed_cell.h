/*
 * changed_cell.h
 *	  What the transaction has changed of usage cells, until it is written.
 */
#ifndef SP71_CHANGED_CELL_H
#define SP71_CHANGED_CELL_H

#include "sp71_steering.h"

#include "ledger/transaction_rows.h"
#include "ledger/usage_cell_row.h"
#include "types/usage.h"

/* A usage cell that the transaction has changed. It is not held: others change it meanwhile. */
typedef struct ChangedCell
{
	TransactionRow row;
	UsageCellKey key;
	UsageSum change; /* not written yet; it may be more than an amount holds */
} ChangedCell;

extern void changed_cell_add(const UsageCellKey *key, const UsageSum *delta);
extern const ChangedCell *changed_cell_next_unwritten(int *position);
extern void changed_cell_write_all(void);

#endif
