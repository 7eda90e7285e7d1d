/*
 * refusal_sql.c
 *	  forget_refusals(): refusals that are old enough.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "call.h"
#include "own.h"

PG_FUNCTION_INFO_V1(steering_forget_refusals);

/*
 * forget_refusals(before timestamptz) returns bigint: deletes the refusals that were kept before a moment, and counts
 * anew those that did not come into the table.
 */
Datum
steering_forget_refusals(PG_FUNCTION_ARGS)
{
	Oid types[] = {TIMESTAMPTZOID};
	Datum values[1];
	uint64 forgotten;
	OwnSpi spi;

	call_check_not_null(PG_ARGISNULL(0), "argument \"before\"");
	values[0] = PG_GETARG_DATUM(0);
	own_spi_begin(&spi);
	(void) own_spi_execute("SELECT pg_catalog.setval('steering.refusal_lost', 1, false)", 0, NULL,
						   NULL, NULL);
	forgotten = own_spi_execute("DELETE FROM steering.refusal_log"
								" WHERE refused_at OPERATOR(pg_catalog.<) $1",
								1, types, values, NULL);
	own_spi_end(&spi);
	PG_RETURN_INT64(forgotten);
}
