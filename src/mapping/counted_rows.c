/*
 * counted_rows.c
 *	  Rows that are read to count what is used.
 *
 * A statement of this session that is writing a table (table_writing.c) has changed rows of which its trigger will tell at its
 * end. Who counts the table meanwhile, in another part of that statement or in a trigger that fires before ours, finds them
 * changed already, and would have them counted twice. So it is refused. Other sessions are waited for.
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "mapping/counted_rows.h"
#include "mapping/table_writing.h"
#include "own.h"

/* A query is being run by which rows are counted. */
static bool counted_rows = false;

/* Runs a query by which rows are counted. Within own_spi, and as own_spi_execute() else. */
uint64
counted_rows_execute(const char *query, int nargs, Oid *types, Datum *values, const char *nulls)
{
	bool before = counted_rows;
	volatile uint64 rows = 0;

	counted_rows = true;
	PG_TRY();
	{
		rows = own_spi_execute(query, nargs, types, values, nulls);
	}
	PG_FINALLY();
	{
		counted_rows = before;
	}
	PG_END_TRY();
	return rows;
}

/* Tells whether rows that are read now are counted, and may be of a table that a statement of this session is writing. */
bool
counted_rows_may_be_written(void)
{
	return counted_rows && table_writing_any();
}

/* Refuses to count the rows of a table that a statement of this session is writing. */
void
counted_rows_check(Oid relid)
{
	if (table_writing_is(relid))
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("table \"%s\" cannot be counted while a statement of this session writes it",
					get_rel_name(relid)),
			 errhint("Do it in a statement of its own.")));
}
