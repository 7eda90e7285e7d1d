/*
 * counted_rows.c
 *	  Rows that are read to count what is used.
 *
 * A statement of this session that is writing a table has changed rows of which its trigger will tell at its end. Who
 * counts the table meanwhile, in another part of that statement, finds them changed already, and would have them counted twice. So
 * it is refused. Other sessions are waited for.
 *
 * PostgreSQL does not tell which statements are under way, but whether the table is in use, and whether the transaction has
 * written it. That is too much where it reads a table that it has written, and counts it meanwhile. And it is too little in a
 * trigger: nobody knows whether ours, of the same statement, has fired already. Then it is let pass.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"

#include "mapping/counted_rows.h"
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

/* Tells whether rows that are read now are counted. */
bool
counted_rows_are_read(void)
{
	return counted_rows;
}

/* Refuses to count the rows of a table, which the caller alone has opened, while a query of this session may be writing them. */
void
counted_rows_check(Relation rel)
{
	if (rel->rd_refcnt > 1 &&
		RelationGetNamespace(rel) != get_namespace_oid(STEERING_SCHEMA, true) &&
		CheckRelationLockedByMe(rel, RowExclusiveLock, false) &&
		DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0)) == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg(
				 "cannot count \"%s\" because it is being used by active queries in this session",
				 RelationGetRelationName(rel)),
			 errhint(
				 "Do it in a statement of its own: this transaction has written the table, and may be writing it.")));
}
