/*
 * check_bookings.c
 *	  check_bookings(): the dry run of a set, given as a query or as JSON.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bookings/check_run.h"
#include "call.h"

PG_FUNCTION_INFO_V1(steering_check_bookings);

/* check_bookings(bookings text): the dry run of the rows of a query, which runs as the caller. */
Datum
steering_check_bookings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	call_check_not_null(PG_ARGISNULL(0), "bookings");
	InitMaterializedSRF(fcinfo, 0);
	check_run_query(result, text_to_cstring(PG_GETARG_TEXT_PP(0)), 0, NULL, NULL);
	return (Datum) 0;
}

/* Refuses keys of JSON objects that no booking has: a misspelt amount would be none. */
static void
check_bookings_require_keys(Jsonb *bookings)
{
	static const char *const known[] = {"service", "participant", "booked_on", "amount",
										"volume",  "releases",    "final"};
	JsonbIterator *iterator = JsonbIteratorInit(&bookings->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int depth = 0;

	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		bool is_known = false;

		depth += token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY;
		depth -= token == WJB_END_OBJECT || token == WJB_END_ARRAY;
		/* Of objects in the one array: what is deeper is a value, and fails when it is read. */
		if (token != WJB_KEY || depth != 2)
			continue;
		for (int i = 0; i < lengthof(known); i++)
			is_known |= value.val.string.len == strlen(known[i]) &&
						memcmp(value.val.string.val, known[i], value.val.string.len) == 0;
		if (!is_known)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a booking has no \"%.*s\"", value.val.string.len,
							value.val.string.val),
					 errhint("It has service, participant, booked_on, amount, volume, releases "
							 "and final.")));
	}
}

PG_FUNCTION_INFO_V1(steering_check_bookings_json);

/* check_bookings(bookings jsonb): the dry run of an array of objects. */
Datum
steering_check_bookings_json(PG_FUNCTION_ARGS)
{
	static const char query[] =
		"SELECT booking.* FROM pg_catalog.jsonb_to_recordset($1) AS booking ("
		"service pg_catalog.text, participant pg_catalog.text, booked_on pg_catalog.date,"
		" amount pg_catalog.numeric, volume pg_catalog.numeric, releases pg_catalog.text,"
		" final pg_catalog.bool)";
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid types[] = {JSONBOID};
	Datum values[1];

	call_check_not_null(PG_ARGISNULL(0), "bookings");
	InitMaterializedSRF(fcinfo, 0);
	check_bookings_require_keys(PG_GETARG_JSONB_P(0));
	values[0] = PG_GETARG_DATUM(0);
	check_run_query(result, query, 1, types, values);
	return (Datum) 0;
}
