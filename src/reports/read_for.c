/*
 * read_for.c
 *	  What a view of ours may show a role is found with the rights of the extension's owner. Which role that is must
 *	  not be up to who asks: a view runs these functions as its reader, and so may anybody else.
 *
 * The reader is a role that the present user is or may become, and that who has logged in is or may become (the
 * function called sees to that). Either alone is not enough: code of a table's owner runs in the sessions of others
 * (ANALYZE, autovacuum), and functions of ours run as our owner.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "call.h"
#include "compat.h"
#include "own.h"
#include "own_query.h"
#include "reports/kept_reading.h"

/* How the names end of the functions that are called for those ending in _of: health_of() calls health_for(). */
#define READ_OF "_of"
#define READ_FOR "_for"

/* Rows that were read. */
typedef struct ReadRows
{
	uint64 count;
	HeapTuple *rows;
} ReadRows;

PG_FUNCTION_INFO_V1(steering_read_for);

/* Returns the query of what a function may show to the reader in $1. */
static char *
read_for_query(Oid function)
{
	char *name = get_func_name(function);
	int stem = strlen(name) - strlen(READ_OF);

	if (stem <= 0 || strcmp(name + stem, READ_OF) != 0)
		elog(ERROR, "function \"%s\" is not for a reader", name);
	name[stem] = '\0';
	return psprintf("SELECT * FROM steering.%s($1)",
					quote_identifier(psprintf("%s" READ_FOR, name)));
}

/* Tells whether the present user is a role, or may become it. */
static bool
read_for_may_be(const char *reader)
{
	Oid role = get_role_oid(reader, true);

	return OidIsValid(role) && is_member_of_role(GetUserId(), role);
}

/* Runs the query of what a function may show to a reader. */
static ReadRows *
read_for_run(const char *query, Datum reader)
{
	MemoryContext memory = kept_reading_memory(CurrentMemoryContext);
	ReadRows *read = MemoryContextAlloc(memory, sizeof(ReadRows));
	Oid types[] = {NAMEOID};
	MemoryContext spi_memory;
	OwnSpi spi;

	own_spi_begin(&spi);
	own_query_expect(query);
	if (SPI_execute_with_args(query, 1, types, &reader, NULL, true, 0) < 0)
		elog(ERROR, "could not call the function for a reader");
	spi_memory = MemoryContextSwitchTo(memory);
	read->count = SPI_processed;
	read->rows = palloc_extended(Max(SPI_processed, 1) * sizeof(HeapTuple), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < SPI_processed; i++)
		read->rows[i] = heap_copytuple(SPI_tuptable->vals[i]);
	MemoryContextSwitchTo(spi_memory);
	own_spi_end(&spi);
	return read;
}

/* Returns what a function may show to a reader; of a page, what it has read. */
static ReadRows *
read_for(const char *query, Datum reader)
{
	char *name = psprintf("%s for %s, for %u", query, NameStr(*DatumGetName(reader)), GetUserId());
	ReadRows *read = kept_reading_find(name);

	if (read != NULL)
		return read;
	read = read_for_run(query, reader);
	kept_reading_add(name, read);
	return read;
}

/* What is called something_of: what something_for, with the same reader, gives. Under the snapshot of the statement, as a view's rows are. */
Datum
steering_read_for(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ReadRows *read;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || !read_for_may_be(NameStr(*PG_GETARG_NAME(0))))
		return (Datum) 0;
	read = read_for(read_for_query(fcinfo->flinfo->fn_oid), PG_GETARG_DATUM(0));
	for (uint64 i = 0; i < read->count; i++)
		tuplestore_puttuple(result->setResult, read->rows[i]);
	return (Datum) 0;
}
