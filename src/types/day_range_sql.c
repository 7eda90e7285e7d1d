/*
 * day_range_sql.c
 *	  The type day_range in SQL: what functions take that ask for a range of days.
 *
 * A value is a daterange, byte for byte, and C code reads it as one. Only reading its text differs:
 * it can be a fiscal period too, "2026", "2026-Q1" or "2026-03". All else that is written, sent and
 * received is left to the functions of daterange. PostgreSQL allows no cast without a function between
 * a range and another type, so the casts between the two have one that does nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/fmgroids.h"

#include "compat.h"
#include "types/day_range.h"
#include "types/soft_error.h"

/* Tells whether a text begins as a range is written: with a bracket, or as "empty". */
static bool
day_range_is_daterange(const char *string)
{
	while (*string == ' ' || (*string >= '\t' && *string <= '\r'))
		string++;
	return *string == '[' || *string == '(' || pg_strncasecmp(string, "empty", 5) == 0;
}

/* Says what is wrong with a text that is no period; NULL: nothing in particular. */
static const char *
day_range_detail(FiscalPeriodStatus status)
{
	switch (status)
	{
		case FISCAL_PERIOD_NO_SUCH_QUARTER:
			return _("Quarters are Q1 to Q4.");
		case FISCAL_PERIOD_NO_SUCH_MONTH:
			return _("Months are 01 to 12.");
		case FISCAL_PERIOD_OUT_OF_RANGE:
			return _("Years are 0001 to 9999.");
		default:
			return NULL;
	}
}

PG_FUNCTION_INFO_V1(steering_day_range_in);

/* day_range_in(cstring): a fiscal period, or what daterange reads. Errors: 22P02, those of daterange. */
Datum
steering_day_range_in(PG_FUNCTION_ARGS)
{
	char *string = PG_GETARG_CSTRING(0);
	FiscalPeriodStatus status;
	FiscalPeriod period;
	PeriodRange range;
	const char *detail;

	if (day_range_is_daterange(string))
	{
		FmgrInfo range_in;
		Datum result;

		fmgr_info(F_RANGE_IN, &range_in);
		if (!InputFunctionCallSafe(&range_in, string, DATERANGEOID, -1, fcinfo->context, &result))
			PG_RETURN_NULL();
		return result;
	}
	status = fiscal_period_parse(string, &period);
	detail = day_range_detail(status);
	if (status != FISCAL_PERIOD_OK)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid range of days: \"%s\"", string),
				 detail == NULL ? 0 : errdetail_internal("%s", detail),
				 errhint("Write a year as 2026, a quarter as 2026-Q1, a month as 2026-03, other "
						 "days as [2026-04-01,2027-04-01).")));
	range.first_month = fiscal_period_first_month(period);
	range.end_month = fiscal_period_end_month(period);
	return period_range_days(&range);
}

PG_FUNCTION_INFO_V1(steering_day_range_out);

/* day_range_out(day_range): as daterange shows it. */
Datum
steering_day_range_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(OidOutputFunctionCall(F_RANGE_OUT, PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(steering_day_range_recv);

/* day_range_recv(internal): a daterange in binary. */
Datum
steering_day_range_recv(PG_FUNCTION_ARGS)
{
	return OidReceiveFunctionCall(F_RANGE_RECV, (StringInfo) PG_GETARG_POINTER(0), DATERANGEOID,
								  -1);
}

PG_FUNCTION_INFO_V1(steering_day_range_send);

/* day_range_send(day_range): a daterange in binary. */
Datum
steering_day_range_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(OidSendFunctionCall(F_RANGE_SEND, PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(steering_day_range_same);

/* day_range(daterange), day_range_to_daterange(day_range): the same value, of the other type. */
Datum
steering_day_range_same(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
