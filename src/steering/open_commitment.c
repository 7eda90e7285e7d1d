/*
 * open_commitment.c
 *	  Commitments that stay open in a period that is closed: kept with the closing, and told to whoever
 *	  closes it.
 *
 * They are read from stored usage, not from finance tables: closing has excluded bookings, and would
 * wait for whoever alters such a table and waits for it. Objects of earlier versions have no place for
 * them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "own.h"
#include "steering/open_commitment.h"

/* One of the sums below, over stored usage. */
#define OPEN_COMMITMENT_SUM(column)                                                                \
	", coalesce(sum(" column ") FILTER (WHERE source_id IN (SELECT source.source_id"               \
	" FROM steering.source_stage AS source WHERE source.stage = 'commitment')), 0)"

/* Returns the columns of steering.closing for what of it is committed, to follow others. */
const char *
open_commitment_columns(void)
{
	return own_has_relation(OWN_COMMITMENT_PROBLEM)
			   ? ", committed_bookings, committed_amount, committed_volume"
			   : "";
}

/* Returns the sums over stored usage that belong in these columns. */
const char *
open_commitment_sums(void)
{
	return own_has_relation(OWN_COMMITMENT_PROBLEM) ? OPEN_COMMITMENT_SUM("bookings")
														  OPEN_COMMITMENT_SUM("amount::numeric")
															  OPEN_COMMITMENT_SUM("volume::numeric")
													: "";
}

/*
 * Tells how many commitments are open in a period that is being closed, and what they come to. Within
 * own_spi, bookings excluded.
 */
void
open_commitment_tell(Datum during, const char *period)
{
	static const char query[] =
		"SELECT sum(open.bookings),"
		"  round(sum(open.amount), greatest(min_scale(sum(open.amount)), 2)),"
		"  round(sum(open.volume), greatest(min_scale(sum(open.volume)), 2))"
		" FROM steering.open_commitment_in(ARRAY[$1]) AS open HAVING count(*) > 0";
	Oid types[] = {DATERANGEOID};
	char *sums[3];

	if (!own_has_relation(OWN_COMMITMENT_PROBLEM) ||
		own_spi_execute(query, lengthof(types), types, &during, NULL) == 0)
		return;
	for (int i = 0; i < lengthof(sums); i++)
		sums[i] = own_spi_text(0, i + 1);
	ereport(NOTICE,
			(errmsg_plural(
				 "commitments are open in closed period %s: %s booking, amount %s, volume %s",
				 "commitments are open in closed period %s: %s bookings, amount %s, volume %s",
				 strtoul(sums[0], NULL, 10), period, sums[0], sums[1], sums[2]),
			 errdetail("A closed period fixes what was spent. Commitments in it may still be "
					   "released, lowered, and carried to a day that is open."),
			 errhint("SELECT * FROM steering.health() lists them.")));
}
