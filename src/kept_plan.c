/*
 * kept_plan.c
 *	  Queries that are run again and again, planned once per session: planning what says who may decide, say, takes far
 *	  longer than running it.
 *
 * A plan is for any values, and lives as long as the session. When something that it uses changes, PostgreSQL plans its
 * text again; but not for arguments of other types, as those of ours are when the extension is made anew. It is run as
 * own_spi_execute() runs a query: within own_spi, with settings pinned, and under the latest snapshot.
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

/* Tells whether a plan is for arguments of these types. */
static bool
kept_plan_takes(SPIPlanPtr plan, int nargs, const Oid *types)
{
	for (int i = 0; i < nargs; i++)
		if (SPI_getargtypeid(plan, i) != types[i])
			return false;
	return true;
}

/* Runs a query whose plan is kept where the caller says, and is made the first time. Returns the number of rows. */
uint64
kept_plan_execute(SPIPlanPtr *kept, const char *query, int nargs, Oid *types, Datum *values,
				  const char *nulls)
{
	int nest_level = own_pin_settings();

	if (*kept != NULL && !kept_plan_takes(*kept, nargs, types))
	{
		SPI_freeplan(*kept);
		*kept = NULL;
	}
	if (*kept == NULL)
		*kept = kept_plan_make(query, nargs, types);
	(void) own_spi_execute_plan(*kept, values, nulls);
	own_unpin_settings(nest_level);
	return SPI_processed;
}
