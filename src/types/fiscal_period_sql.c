/*
 * fiscal_period_sql.c
 *	  steering.fiscal_period in SQL: input and output, operators, functions.
 *
 * Comparison and hashing need nothing here: the integers inside sort as the periods do, so the
 * script declares the server's own functions for integer.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "types/calendar.h"
#include "types/fiscal_period.h"
#include "types/soft_error.h"

/* Tells whether a day lies in a period; an infinite one lies in none. */
static bool
period_contains_day(FiscalPeriod period, DateADT day)
{
	return !DATE_NOT_FINITE(day) && fiscal_period_contains_month(period, calendar_month(day));
}

/* Moves a period by count; 22003 outside the years 1 to 9999. */
static FiscalPeriod
period_move(FiscalPeriod period, int64 count)
{
	FiscalPeriod result;

	if (!fiscal_period_move(period, count, &result))
	{
		char buffer[FISCAL_PERIOD_TEXT_LENGTH];

		fiscal_period_print(period, buffer);
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("fiscal period out of range"),
				 errdetail("\"%s\" moved by %lld is outside the years 0001 to 9999.", buffer,
						   (long long) count)));
	}
	return result;
}

/* Reads a period; 22P02, or 22003 for a year that is out of range. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_in);
Datum
steering_fiscal_period_in(PG_FUNCTION_ARGS)
{
	char *string = PG_GETARG_CSTRING(0);
	FiscalPeriod period;

	switch (fiscal_period_parse(string, &period))
	{
		case FISCAL_PERIOD_OK:
			PG_RETURN_FISCAL_PERIOD(period);
		case FISCAL_PERIOD_SYNTAX:
			break;
		case FISCAL_PERIOD_NO_SUCH_QUARTER:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type fiscal_period: \"%s\"", string),
					 errdetail("Quarters are Q1 to Q4.")));
		case FISCAL_PERIOD_NO_SUCH_MONTH:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type fiscal_period: \"%s\"", string),
					 errdetail("Months are 01 to 12.")));
		case FISCAL_PERIOD_OUT_OF_RANGE:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value \"%s\" is out of range for type fiscal_period", string),
					 errdetail("Years are 0001 to 9999.")));
	}
	ereturn(fcinfo->context, (Datum) 0,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type fiscal_period: \"%s\"", string),
			 errhint("Write a year as 2026, a quarter as 2026-Q1, a month as 2026-03.")));
}

/* Writes a period. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_out);
Datum
steering_fiscal_period_out(PG_FUNCTION_ARGS)
{
	char *buffer = palloc(FISCAL_PERIOD_TEXT_LENGTH);

	fiscal_period_print(PG_GETARG_FISCAL_PERIOD(0), buffer);
	PG_RETURN_CSTRING(buffer);
}

/* Reads the integer that fiscal_period.h describes; 22P03 if it is not one of a period. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_recv);
Datum
steering_fiscal_period_recv(PG_FUNCTION_ARGS)
{
	int32 value = (int32) pq_getmsgint((StringInfo) PG_GETARG_POINTER(0), sizeof(int32));

	if (!fiscal_period_is_valid(value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid external \"fiscal_period\" value: %d", value)));
	PG_RETURN_FISCAL_PERIOD(value);
}

/* Sends a period as the integer that fiscal_period.h describes. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_send);
Datum
steering_fiscal_period_send(PG_FUNCTION_ARGS)
{
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint32(&message, PG_GETARG_FISCAL_PERIOD(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Finds the period of a granularity that a day lies in; 22023 and 22003. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_of_date);
Datum
steering_fiscal_period_of_date(PG_FUNCTION_ARGS)
{
	DateADT day = PG_GETARG_DATEADT(0);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	FiscalPeriodUnit unit;
	FiscalPeriod period;

	if (!fiscal_period_unit_parse(name, &unit))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unrecognized granularity: \"%s\"", name),
						errhint("Granularities are \"year\", \"quarter\" and \"month\".")));
	if (DATE_NOT_FINITE(day) || !fiscal_period_of_month(calendar_month(day), unit, &period))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("date \"%s\" is in no fiscal period",
						DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(day)))),
				 errdetail("Years are 0001 to 9999.")));
	PG_RETURN_FISCAL_PERIOD(period);
}

/* period @> period */
PG_FUNCTION_INFO_V1(steering_fiscal_period_contains);
Datum
steering_fiscal_period_contains(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(fiscal_period_contains(PG_GETARG_FISCAL_PERIOD(0), PG_GETARG_FISCAL_PERIOD(1)));
}

/* period <@ period */
PG_FUNCTION_INFO_V1(steering_fiscal_period_contained);
Datum
steering_fiscal_period_contained(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(fiscal_period_contains(PG_GETARG_FISCAL_PERIOD(1), PG_GETARG_FISCAL_PERIOD(0)));
}

/* period @> date */
PG_FUNCTION_INFO_V1(steering_fiscal_period_contains_date);
Datum
steering_fiscal_period_contains_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(period_contains_day(PG_GETARG_FISCAL_PERIOD(0), PG_GETARG_DATEADT(1)));
}

/* date <@ period */
PG_FUNCTION_INFO_V1(steering_fiscal_period_contained_date);
Datum
steering_fiscal_period_contained_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(period_contains_day(PG_GETARG_FISCAL_PERIOD(1), PG_GETARG_DATEADT(0)));
}

/* period && period */
PG_FUNCTION_INFO_V1(steering_fiscal_period_overlaps);
Datum
steering_fiscal_period_overlaps(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(fiscal_period_overlaps(PG_GETARG_FISCAL_PERIOD(0), PG_GETARG_FISCAL_PERIOD(1)));
}

/* period + integer */
PG_FUNCTION_INFO_V1(steering_fiscal_period_plus);
Datum
steering_fiscal_period_plus(PG_FUNCTION_ARGS)
{
	PG_RETURN_FISCAL_PERIOD(period_move(PG_GETARG_FISCAL_PERIOD(0), PG_GETARG_INT32(1)));
}

/* period - integer; widened first, for the least integer has no opposite. */
PG_FUNCTION_INFO_V1(steering_fiscal_period_minus);
Datum
steering_fiscal_period_minus(PG_FUNCTION_ARGS)
{
	PG_RETURN_FISCAL_PERIOD(period_move(PG_GETARG_FISCAL_PERIOD(0), -(int64) PG_GETARG_INT32(1)));
}

/* Returns the next period of the same unit. */
PG_FUNCTION_INFO_V1(steering_next_period);
Datum
steering_next_period(PG_FUNCTION_ARGS)
{
	PG_RETURN_FISCAL_PERIOD(period_move(PG_GETARG_FISCAL_PERIOD(0), 1));
}

/* Returns the previous period of the same unit. */
PG_FUNCTION_INFO_V1(steering_previous_period);
Datum
steering_previous_period(PG_FUNCTION_ARGS)
{
	PG_RETURN_FISCAL_PERIOD(period_move(PG_GETARG_FISCAL_PERIOD(0), -1));
}

/* Finds the quarter of a month and the year of a quarter; null for a year. */
PG_FUNCTION_INFO_V1(steering_parent_period);
Datum
steering_parent_period(PG_FUNCTION_ARGS)
{
	FiscalPeriod period = PG_GETARG_FISCAL_PERIOD(0);
	FiscalPeriodUnit unit = fiscal_period_unit(period);
	FiscalPeriod parent;

	if (unit == FISCAL_PERIOD_YEAR)
		PG_RETURN_NULL();
	if (!fiscal_period_of_month(fiscal_period_first_month(period), (FiscalPeriodUnit) (unit - 1),
								&parent))
		elog(ERROR, "fiscal period %d has no parent", period);
	PG_RETURN_FISCAL_PERIOD(parent);
}

/* Names the unit of a period. */
PG_FUNCTION_INFO_V1(steering_granularity);
Datum
steering_granularity(PG_FUNCTION_ARGS)
{
	FiscalPeriodUnit unit = fiscal_period_unit(PG_GETARG_FISCAL_PERIOD(0));

	PG_RETURN_TEXT_P(cstring_to_text(fiscal_period_unit_name(unit)));
}

/* Returns the first day of a period. */
PG_FUNCTION_INFO_V1(steering_first_day);
Datum
steering_first_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(calendar_first_day(fiscal_period_first_month(PG_GETARG_FISCAL_PERIOD(0))));
}

/* Returns the last day of a period; the day after it may be in the year 10000. */
PG_FUNCTION_INFO_V1(steering_last_day);
Datum
steering_last_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(calendar_first_day(fiscal_period_end_month(PG_GETARG_FISCAL_PERIOD(0))) - 1);
}
