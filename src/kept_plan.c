/*
 * kept_plan.c
 *	  Queries that are asked for every act, planned once per session: planning what says who may decide takes
 *	  far longer than running it.
 *
 * A plan is for any values, and lives as long as the session. When something that it uses changes, or the
 * extension is made anew, PostgreSQL plans its text again. It is run as own_spi_execute() runs a query: within
 * own_spi, with settings pinned, and under the latest snapshot.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"

#include "kept_plan.h"
#include "own.h"
#include "own_query.h"

/* Plans a query to be kept. */
static SPIPlanPtr
kept_plan_make(const char *query, int nargs, Oid *types)
{
	SPIPlanPtr plan;

	own_query_expect(query);
	plan = SPI_prepare_cursor(query, nargs, types, CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep a plan: %s", SPI_result_code_string(SPI_result));
	return plan;
}

/* Runs a query whose plan is kept where the caller says, and is made the first time. Returns the number of rows. */
uint64
kept_plan_execute(SPIPlanPtr *kept, const char *query, int nargs, Oid *types, Datum *values,
				  const char *nulls)
{
	int nest_level = own_pin_settings();

	if (*kept == NULL)
		*kept = kept_plan_make(query, nargs, types);
	(void) own_spi_execute_plan(*kept, values, nulls);
	own_unpin_settings(nest_level);
	return SPI_processed;
}
