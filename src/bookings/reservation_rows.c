/*
 * reservation_rows.c
 *	  Rows of steering.reservation, and of what was posted of them, as bookings.
 *
 * Both tables are sources, but have no triggers: whoever changes their rows books them as well, from what his query
 * returns. Read by the mapping they say the same, which is what counting anew does. Enter the rulebook before.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"

#include "bookings/reservation_rows.h"
#include "own_shape.h"

/* Begins a batch of bookings of one of the tables, which is a source, in the present memory. */
DeltaBatch *
reservation_rows_begin(OwnRelation table)
{
	Relation rel = own_open(table, RowExclusiveLock);
	Mapping *mapping = mapping_of(rel);
	DeltaBatch *batch;

	if (mapping == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("table \"%s.%s\" has no row in steering.source", STEERING_SCHEMA,
							   RelationGetRelationName(rel)),
						errhint("The next reservation makes one; then call steering.repair().")));
	table_close(rel, NoLock);
	batch = delta_begin(mapping, CurrentMemoryContext);
	/* The mapping has read no row that could be named. */
	delta_refuse_first(batch);
	return batch;
}

/*
 * Adds a row that SPI has returned to a batch: with sign -1 one that counts no more. column: the first of
 * RESERVATION_ROW in it. Within own_spi.
 */
void
reservation_rows_add(DeltaBatch *batch, uint64 row, int column, int sign)
{
	MappedRow mapped = {.counts = true, .has_date = true};

	mapped.service = DatumGetTextPP(own_spi_column(row, column, NULL));
	mapped.participant = DatumGetTextPP(own_spi_column(row, column + 1, NULL));
	mapped.booked_on = DatumGetDateADT(own_spi_column(row, column + 2, NULL));
	mapped.amount = DatumGetAmount(own_spi_column(row, column + 3, NULL));
	mapped.volume = DatumGetAmount(own_spi_column(row, column + 4, NULL));
	delta_add_row(batch, &mapped, sign);
}
