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

/* Runs over an array of objects. */
static void
check_bookings_of_json(ReturnSetInfo *result, Jsonb *bookings)
{
	static const char query[] =
		"SELECT booking.* FROM pg_catalog.jsonb_to_recordset($1) AS booking ("
		"service pg_catalog.text, participant pg_catalog.text, booked_on pg_catalog.date,"
		" amount pg_catalog.numeric, volume pg_catalog.numeric, releases pg_catalog.text,"
		" final pg_catalog.bool)";
	Oid types[] = {JSONBOID};
	Datum values[] = {JsonbPGetDatum(bookings)};

	check_bookings_require_keys(bookings);
	check_run_query(result, query, 1, types, values);
}

PG_FUNCTION_INFO_V1(steering_check_bookings);

/*
 * check_bookings(bookings text): the dry run of the rows of a query, which runs as the caller. What a client sends without
 * a type is a text too, also where it is JSON; no query begins with a bracket.
 */
Datum
steering_check_bookings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char *bookings;

	call_check_not_null(PG_ARGISNULL(0), "bookings");
	InitMaterializedSRF(fcinfo, 0);
	bookings = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (bookings[strspn(bookings, " \t\r\n")] == '[')
		check_bookings_of_json(result,
							   DatumGetJsonbP(
								   DirectFunctionCall1(jsonb_in, CStringGetDatum(bookings))));
	else
		check_run_query(result, bookings, 0, NULL, NULL);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(steering_check_bookings_json);

/* check_bookings(bookings jsonb): the dry run of an array of objects. */
Datum
steering_check_bookings_json(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	call_check_not_null(PG_ARGISNULL(0), "bookings");
	InitMaterializedSRF(fcinfo, 0);
	check_bookings_of_json(result, PG_GETARG_JSONB_P(0));
	return (Datum) 0;
}
