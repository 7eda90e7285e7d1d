/*
 * agreement_sql.c
 *	  The months of agreements in SQL: how many there are, what part of a total they have, and that
 *	  they are taken.
 */
#include "sp71_steering.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"

#include "types/calendar.h"
#include "types/day_range.h"
#include "types/share.h"
#include "types/shown.h"

PG_FUNCTION_INFO_V1(steering_agreement_share);
PG_FUNCTION_INFO_V1(steering_count_months);
PG_FUNCTION_INFO_V1(steering_refuse_overlap);

/* Returns the unit, in 1/10000, that so many decimals are rounded to. */
static int64
agreement_unit(int decimals)
{
	int64 unit = AMOUNT_SCALE;

	if (decimals < 0 || decimals > AMOUNT_DECIMALS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals must be between 0 and %d: %d", AMOUNT_DECIMALS, decimals)));
	for (int i = 0; i < decimals; i++)
		unit /= 10;
	return unit;
}

/* Returns the month that begins at a bound of a range, which is an error if none does. */
static int32
agreement_month(const RangeBound *bound, RangeType *range)
{
	if (bound->infinite || !calendar_begins_month(DatumGetDateADT(bound->val)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("range of days must be made of whole months: %s",
							   OidOutputFunctionCall(F_RANGE_OUT, RangeTypePGetDatum(range)))));
	return calendar_month(DatumGetDateADT(bound->val));
}

/* Returns the months of a range of days; if it is empty a range without months. */
static PeriodRange
agreement_months(FunctionCallInfo fcinfo, RangeType *range)
{
	PeriodRange months = {0, 0};
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(range_get_typcache(fcinfo, RangeTypeGetOid(range)), range, &lower, &upper,
					  &empty);
	if (!empty)
	{
		months.first_month = agreement_month(&lower, range);
		months.end_month = agreement_month(&upper, range);
	}
	return months;
}

/*
 * Returns the share that the months of one range (within) have in a total over those of another
 * (during). Errors: 22023, 22003.
 */
Datum
steering_agreement_share(PG_FUNCTION_ARGS)
{
	PeriodRange during = agreement_months(fcinfo, PG_GETARG_RANGE_P(1));
	PeriodRange within = agreement_months(fcinfo, PG_GETARG_RANGE_P(2));

	PG_RETURN_AMOUNT(
		share_of_months(PG_GETARG_AMOUNT(0), during, within, agreement_unit(PG_GETARG_INT32(3))));
}

/* Returns the number of months in a range of whole months. Error: 22023. */
Datum
steering_count_months(PG_FUNCTION_ARGS)
{
	PeriodRange during = agreement_months(fcinfo, PG_GETARG_RANGE_P(0));

	PG_RETURN_INT32(during.end_month - during.first_month);
}

/*
 * Raises that an agreement which is there has months in common with one that somebody wants to make,
 * in place of the message of the exclusion constraint, which knows numbers but no codes.
 */
Datum
steering_refuse_overlap(PG_FUNCTION_ARGS)
{
	DateADT first_day;
	DateADT end_day;

	day_range_read(PG_GETARG_DATUM(1), &first_day, &end_day);
	ereport(
		ERROR,
		(errcode(ERRCODE_EXCLUSION_VIOLATION),
		 errmsg("service \"%s\" has an agreement with participant \"%s\" in these months already",
				text_to_cstring(PG_GETARG_TEXT_PP(2)), text_to_cstring(PG_GETARG_TEXT_PP(3))),
		 errdetail("Agreement %d is for %s.", PG_GETARG_INT32(0), period_shown(first_day, end_day)),
		 errhint("End it with steering.drop_agreement(), or leave its months out.")));
}
