/*
 * compact.c
 *	  Folding the stripes of counters and usage cells that nobody is changing, and deleting cells of which nothing is left.
 *
 * One after another, in the order in which bookings lock them, and only what is free: bookings wait for it no
 * longer than for one another.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "ledger/compact.h"
#include "ledger/counter.h"
#include "ledger/unwritten.h"
#include "ledger/usage_cell_gather.h"
#include "own.h"
#include "rules/rulebook.h"

/* Runs a query and returns its rows, to be read while others run. */
static SPITupleTable *
compact_list(const char *query)
{
	own_spi_execute(query, 0, NULL, NULL, NULL);
	return SPI_tuptable;
}

/* Returns a column of a row as an integer; dates are their number of days. */
static int32
compact_column(SPITupleTable *table, uint64 row, int column)
{
	bool isnull;

	return DatumGetInt32(SPI_getbinval(table->vals[row], table->tupdesc, column, &isnull));
}

/* Folds counters; returns how many rows went. */
static int64
compact_counters(void)
{
	SPITupleTable *table = compact_list("SELECT cap_id FROM steering.cap_counter"
										" GROUP BY cap_id HAVING count(*) > 1 ORDER BY cap_id");
	Relation rel = counter_open();
	int64 gone = 0;

	for (uint64 i = 0; i < table->numvals; i++)
	{
		CHECK_FOR_INTERRUPTS();
		gone += counter_compact(rel, compact_column(table, i, 1));
	}
	counter_close(rel);
	return gone;
}

/* Folds usage cells, and deletes those that are empty; returns how many rows went. */
static int64
compact_cells(void)
{
	SPITupleTable *table =
		compact_list("SELECT source_id, service_id, participant_id, month FROM steering.usage_cell"
					 " GROUP BY source_id, service_id, participant_id, month HAVING count(*) > 1"
					 " OR bool_and(bookings = 0 AND amount OPERATOR(steering.=) 0::steering.amount"
					 " AND volume OPERATOR(steering.=) 0::steering.amount)"
					 " ORDER BY service_id, participant_id, month, source_id");
	Relation rel = usage_cell_open();
	int64 gone = 0;

	for (uint64 i = 0; i < table->numvals; i++)
	{
		UsageCellKey key = {compact_column(table, i, 1), compact_column(table, i, 2),
							compact_column(table, i, 3), compact_column(table, i, 4)};

		CHECK_FOR_INTERRUPTS();
		gone += usage_cell_compact(rel, &key);
	}
	usage_cell_close(rel);
	return gone;
}

/* Compacts what is stored on this node. Returns how many rows went. */
int64
compact_here(void)
{
	int64 gone;
	OwnSpi spi;

	rulebook_enter_booking();
	unwritten_flush();
	own_spi_begin(&spi);
	gone = compact_counters() + compact_cells();
	own_spi_end(&spi);
	return gone;
}
