/*
 * source_reading.c
 *	  Whether the rows of a source can be read, and what is said of the first that cannot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "mapping/attempt.h"
#include "mapping/foreign_code.h"
#include "sources/source_reading.h"
#include "sources/source_rows.h"

/* Columns of unreadable_source(). */
enum
{
	READING_SOURCE,
	READING_MESSAGE,
	READING_CONTEXT,
	READING_COLUMNS
};

/* Tells whether the extension's objects are new enough for booking_read(). */
bool
source_reading_is_installed(void)
{
	List *name = list_make2(makeString(pstrdup(STEERING_SCHEMA)), makeString("booking_read"));
	Oid types[] = {DATEOID, DATEOID, INT4OID};

	return OidIsValid(LookupFuncName(name, lengthof(types), types, true));
}

/* Takes a row that could be read. */
static void
source_reading_row(const Source *source, const MappedRow *row, void *context)
{
}

/* Reads all rows of a source. */
static void
source_reading_rows(void *context)
{
	source_visit_rows(context, source_reading_row, NULL);
}

/* Reads all rows of a source up to the first that cannot be read. Returns the error, or NULL. */
ErrorData *
source_reading_error(Source *source)
{
	return attempt(source_reading_rows, source);
}

/* Puts out what is said of a source that cannot be read. */
static void
source_reading_put(ReturnSetInfo *result, const Source *source, const ErrorData *error)
{
	Datum values[READING_COLUMNS] = {0};
	bool nulls[READING_COLUMNS] = {false};

	values[READING_SOURCE] = ObjectIdGetDatum(source->relid);
	values[READING_MESSAGE] = CStringGetTextDatum(error->message == NULL ? "" : error->message);
	nulls[READING_CONTEXT] = error->context == NULL;
	if (error->context != NULL)
		values[READING_CONTEXT] = CStringGetTextDatum(error->context);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_unreadable_source);

/* unreadable_source(): the sources whose rows cannot be read, and what is said of the first such row. */
Datum
steering_unreadable_source(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List *sources;
	ListCell *cell;

	foreign_code_refuse_reading();
	InitMaterializedSRF(fcinfo, 0);
	sources = source_list();
	foreach(cell, sources)
	{
		ErrorData *error = source_reading_error(lfirst(cell));

		CHECK_FOR_INTERRUPTS();
		if (error != NULL)
			source_reading_put(result, lfirst(cell), error);
	}
	return (Datum) 0;
}
