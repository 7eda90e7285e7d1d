/*
 * period_range_sql.c
 *	  period_range() in SQL: the days of a period, or an error that says what is wrong with it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "call.h"
#include "compat.h"
#include "types/day_range.h"

/* Raises what is wrong with a text that is no period. */
pg_noreturn static void
period_range_refuse_text(const char *string, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("invalid period: \"%s\"", string),
			 detail == NULL ? 0 : errdetail_internal("%s", detail),
			 errhint("Write a year as 2026, a quarter as 2026-Q1, a month as 2026-03, other "
					 "months as [2026-04-01,2027-04-01).")));
}

/* Raises what is wrong with a range of days that is no period. */
pg_noreturn static void
period_range_refuse_range(const char *string, const char *wrong)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal(_(wrong), string),
					errhint("A period is a range of whole months, as [2026-04-01,2027-04-01).")));
}

/* Raises what is wrong with a text; returns only if nothing is. */
static void
period_range_check(PeriodRangeStatus status, const char *string)
{
	switch (status)
	{
		case PERIOD_RANGE_OK:
			break;
		case PERIOD_RANGE_SYNTAX:
			period_range_refuse_text(string, NULL);
		case PERIOD_RANGE_NO_SUCH_QUARTER:
			period_range_refuse_text(string, _("Quarters are Q1 to Q4."));
		case PERIOD_RANGE_NO_SUCH_MONTH:
			period_range_refuse_text(string, _("Months are 01 to 12."));
		case PERIOD_RANGE_NO_SUCH_YEAR:
			period_range_refuse_text(string, _("Years are 0001 to 9999."));
		case PERIOD_RANGE_NO_SUCH_DAY:
			period_range_refuse_text(string, _("There is no such day."));
		case PERIOD_RANGE_EMPTY:
			period_range_refuse_range(string, gettext_noop("period must not be empty: \"%s\""));
		case PERIOD_RANGE_UNBOUNDED:
			period_range_refuse_range(string,
									  gettext_noop(
										  "period must have a first and a last day: \"%s\""));
		case PERIOD_RANGE_PART_OF_MONTH:
			period_range_refuse_range(string,
									  gettext_noop("period must be made of whole months: \"%s\""));
	}
}

/*
 * Returns months as a daterange.
 *
 * The range goes through its text form: the functions that make one have other arguments in other
 * releases, and a query calls this once.
 */
Datum
period_range_days(const PeriodRange *range)
{
	char *days =
		psprintf("[%04d-%02d-01,%04d-%02d-01)", range->first_month / 12,
				 range->first_month % 12 + 1, range->end_month / 12, range->end_month % 12 + 1);

	return OidInputFunctionCall(F_RANGE_IN, days, DATERANGEOID, -1);
}

/* Returns the days of a period; 22004, 22P02, 22023. */
PG_FUNCTION_INFO_V1(steering_period_range);
Datum
steering_period_range(PG_FUNCTION_ARGS)
{
	PeriodRange range;
	char *string;

	call_check_not_null(PG_ARGISNULL(0), "period");
	string = text_to_cstring(PG_GETARG_TEXT_PP(0));
	period_range_check(period_range_parse(string, &range), string);
	return period_range_days(&range);
}
