/*
 * unwritten.c
 *	  Writing what the transaction has changed of counters and usage cells and not yet written.
 *
 * Counters come first, and usage cells follow: one order for all. Whoever waits for a cell holds all
 * stripes of counters that it needs.
 */
#include "postgres.h"

#include "access/xact.h"

#include "ledger/changed_cell.h"
#include "ledger/changed_counter.h"
#include "ledger/transaction.h"
#include "ledger/unwritten.h"

/* Writes everything. The transaction goes on holding the stripes that it holds. */
void
unwritten_write(void)
{
	CommandCounterIncrement();
	changed_counter_write_all();
	changed_cell_write_all();
	CommandCounterIncrement();
}

#ifdef USE_ASSERT_CHECKING
/* Tells whether something is not written. */
static bool
unwritten_is_left(void)
{
	int counters = 0;
	int cells = 0;

	return changed_counter_next_unwritten(&counters) != NULL ||
		   changed_cell_next_unwritten(&cells) != NULL;
}
#endif

/*
 * Writes everything and lets go of the stripes, so that SQL can read and change them. What the
 * transaction changed of each cap stays known.
 */
void
unwritten_flush(void)
{
	if (transaction_rows_count(transaction_rows_if_any(TRANSACTION_COUNTERS)) == 0 &&
		transaction_rows_count(transaction_rows_if_any(TRANSACTION_CELLS)) == 0)
		return;
	unwritten_write();
	changed_counter_let_go();
	Assert(!unwritten_is_left());
}
