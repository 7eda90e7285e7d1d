/*
 * spread.c
 *	  spread_cap(): the limit of a cap over its months or quarters, as caps from the first day of the
 *	  cap to the end of each.
 *
 * The limits are cumulative: what was not used in a month may be used in a later one. Each is the
 * whole limit times the share of the weights so far, rounded half away from zero by itself, so the
 * last one is the whole limit, exactly: that is the cap itself, and it stays as it is.
 */
#include "postgres.h"

#include "bookings/exclude.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "own.h"
#include "rules/cap_row.h"
#include "rules/rulebook.h"
#include "steering/cap.h"

/* Arguments of spread_cap(), in order. */
enum
{
	SPREAD_CAP,
	SPREAD_PER,
	SPREAD_PROFILE,
	SPREAD_LADDER,
	SPREAD_REASON
};

/* A cap that is to be made. */
typedef struct SpreadStep
{
	CapRequest request;
	bool is_whole; /* it is the cap that is spread */
} SpreadStep;

PG_FUNCTION_INFO_V1(steering_spread_cap);

/* Checks the period of the steps; returns its length in months. */
static int
spread_months(FunctionCallInfo fcinfo)
{
	char *per;

	call_check_not_null(PG_ARGISNULL(SPREAD_PER), "per");
	per = text_to_cstring(PG_GETARG_TEXT_PP(SPREAD_PER));
	if (strcmp(per, "month") == 0)
		return 1;
	if (strcmp(per, "quarter") == 0)
		return 3;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("per must be \"month\" or \"quarter\": \"%s\"", per)));
}

/* Checks that the range of a cap is made of whole months, and ends with a step. Within own_spi. */
static void
spread_check_range(int32 cap_id, int months)
{
	static const char query[] =
		"SELECT extract(day FROM lower(during)) = 1, extract(day FROM upper(during)) = 1"
		" AND (extract(month FROM upper(during))::integer - 1) % $2 = 0, upper(during) - 1"
		" FROM steering.cap WHERE cap_id = $1";
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(cap_id), Int32GetDatum(months)};
	bool isnull;

	if (own_spi_execute(query, lengthof(values), types, values, NULL) == 0)
		cap_not_found(cap_id);
	if (!DatumGetBool(own_spi_column(0, 1, &isnull)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cap %d does not begin on the first day of a month", cap_id)));
	if (!DatumGetBool(own_spi_column(0, 2, &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 months == 1 ? errmsg("cap %d does not end on the last day of a month", cap_id)
							 : errmsg("cap %d does not end on the last day of a quarter", cap_id)));
}

/* Checks a profile: weights that are not negative and not all zero. Within own_spi. */
static void
spread_check_profile(Datum profile)
{
	static const char query[] =
		"SELECT bool_and(coalesce(weight >= 0 AND weight < 'Infinity', false)), sum(weight) > 0"
		" FROM unnest($1) AS weight";
	Oid types[] = {NUMERICARRAYOID};
	bool none;
	bool valid;
	bool isnull;

	if (ARR_NDIM(DatumGetArrayTypeP(profile)) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("profile must be an array of one dimension")));
	own_spi_execute(query, 1, types, &profile, NULL);
	valid = DatumGetBool(own_spi_column(0, 1, &none));
	if (!none && !valid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights of a profile must not be null, negative, NaN or infinite")));
	if (!none && !DatumGetBool(own_spi_column(0, 2, &isnull)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights of a profile must not all be zero")));
}

/*
 * Computes the steps. Within own_spi; the rows are in SPI_tuptable.
 *
 * div() is exact where / would round once before round() does.
 */
static void
spread_compute(int32 cap_id, int months, Datum profile, bool equal)
{
	static const char query[] =
		"WITH step AS ("
		" SELECT cap.*, day::date AS end_day, row_number() OVER (ORDER BY day) AS number"
		" FROM steering.cap, generate_series(lower(during)::timestamp, upper(during)::timestamp,"
		" '1 month') AS day"
		" WHERE cap_id = $1 AND day > lower(during)"
		" AND (extract(month FROM day)::integer - 1) % $2 = 0"
		"), weighed AS ("
		" SELECT step.*, sum(coalesce(weight, 1)) OVER (ORDER BY number) AS so_far,"
		" sum(coalesce(weight, 1)) OVER () AS total"
		" FROM step LEFT JOIN unnest($3) WITH ORDINALITY AS profile (weight, number) USING (number))"
		" SELECT service_id, participant_id, metric, daterange(lower(during), end_day),"
		" (div(20000 * amount::numeric * so_far + total, 2 * total) * 0.0001)::steering.amount,"
		" ladder::text, end_day = upper(during)"
		" FROM weighed ORDER BY number";
	Oid types[] = {INT4OID, INT4OID, NUMERICARRAYOID};
	Datum values[] = {Int32GetDatum(cap_id), Int32GetDatum(months), profile};

	own_spi_execute(query, lengthof(values), types, values, equal ? "  n" : "   ");
}

/* Makes requests of the rows in SPI_tuptable, in the caller's memory. */
static SpreadStep *
spread_copy_steps(FunctionCallInfo fcinfo, MemoryContext caller, uint64 count)
{
	MemoryContext outer = MemoryContextSwitchTo(caller);
	SpreadStep *steps = palloc0(count * sizeof(SpreadStep));

	for (uint64 i = 0; i < count; i++)
	{
		CapRequest *request = &steps[i].request;

		request->service_id = DatumGetInt32(own_spi_column(i, 1, NULL));
		request->participant_id = DatumGetInt32(own_spi_column(i, 2, NULL));
		request->metric = TextDatumGetCString(own_spi_column(i, 3, NULL));
		request->during = datumCopy(own_spi_column(i, 4, NULL), false, -1);
		request->amount = DatumGetAmount(own_spi_column(i, 5, NULL));
		request->ladder = PG_ARGISNULL(SPREAD_LADDER)
							  ? TextDatumGetCString(own_spi_column(i, 6, NULL))
							  : text_to_cstring(PG_GETARG_TEXT_PP(SPREAD_LADDER));
		request->reason =
			PG_ARGISNULL(SPREAD_REASON) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(SPREAD_REASON));
		steps[i].is_whole = DatumGetBool(own_spi_column(i, 7, NULL));
	}
	MemoryContextSwitchTo(outer);
	return steps;
}

/* Checks the arguments and returns the steps of a cap. */
static SpreadStep *
spread_steps(FunctionCallInfo fcinfo, int32 cap_id, int months, uint64 *count)
{
	MemoryContext caller = CurrentMemoryContext;
	bool equal = PG_ARGISNULL(SPREAD_PROFILE);
	Datum profile = equal ? (Datum) 0 : PG_GETARG_DATUM(SPREAD_PROFILE);
	SpreadStep *steps;
	OwnSpi spi;

	own_spi_begin(&spi);
	spread_check_range(cap_id, months);
	if (!equal)
		spread_check_profile(profile);
	spread_compute(cap_id, months, profile, equal);
	*count = SPI_processed;
	if (!equal && ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(profile)),
								 ARR_DIMS(DatumGetArrayTypeP(profile))) != *count)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("profile has %d weights, but cap %d has %d steps",
							   ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(profile)),
											  ARR_DIMS(DatumGetArrayTypeP(profile))),
							   cap_id, (int) *count)));
	steps = spread_copy_steps(fcinfo, caller, *count);
	own_spi_end(&spi);
	return steps;
}

/*
 * Sets a cap for each step of a cap, and returns their numbers.
 *
 * Bookings are excluded from the start, since caps may be both created and revised, and the cap
 * itself must not be revised meanwhile.
 */
Datum
steering_spread_cap(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int months = spread_months(fcinfo);
	SpreadStep *steps;
	uint64 count;

	call_check_not_null(PG_ARGISNULL(SPREAD_CAP), "cap");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	exclude_bookings();
	steps = spread_steps(fcinfo, PG_GETARG_INT32(SPREAD_CAP), months, &count);
	for (uint64 i = 0; i < count; i++)
	{
		int32 cap_id =
			steps[i].is_whole ? PG_GETARG_INT32(SPREAD_CAP) : cap_set(&steps[i].request, NULL);
		Datum values[] = {Int32GetDatum(cap_id)};
		bool nulls[] = {false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}
