/*
 * fiscal_period.h
 *	  A calendar year, quarter or month: parser, printer, arithmetic in whole months.
 *	  Knows nothing of fmgr, of days, or of the rest of the extension.
 */
#ifndef SP71_FISCAL_PERIOD_H
#define SP71_FISCAL_PERIOD_H

#include "postgres.h"

/*
 * Four times the first month, plus the unit. Months count from January of a year 0. So the order of
 * the integers is the order of periods: earlier start first, of the same start the longer first.
 */
typedef int32 FiscalPeriod;

/* From long to short: the order of periods with the same start relies on it. */
typedef enum FiscalPeriodUnit
{
	FISCAL_PERIOD_YEAR,
	FISCAL_PERIOD_QUARTER,
	FISCAL_PERIOD_MONTH
} FiscalPeriodUnit;

typedef enum FiscalPeriodStatus
{
	FISCAL_PERIOD_OK,
	FISCAL_PERIOD_SYNTAX,
	FISCAL_PERIOD_NO_SUCH_QUARTER,
	FISCAL_PERIOD_NO_SUCH_MONTH,
	FISCAL_PERIOD_OUT_OF_RANGE
} FiscalPeriodStatus;

#define FISCAL_PERIOD_FIRST_MONTH (1 * 12)   /* January of year 1 */
#define FISCAL_PERIOD_END_MONTH (10000 * 12) /* the first month that is too late */
#define FISCAL_PERIOD_TEXT_LENGTH 8          /* "2026-Q1" with its terminator */

#define FiscalPeriodGetDatum(p) Int32GetDatum(p)
#define DatumGetFiscalPeriod(d) ((FiscalPeriod) DatumGetInt32(d))
#define PG_GETARG_FISCAL_PERIOD(n) DatumGetFiscalPeriod(PG_GETARG_DATUM(n))
#define PG_RETURN_FISCAL_PERIOD(p) return FiscalPeriodGetDatum(p)

extern FiscalPeriodStatus fiscal_period_parse(const char *string, FiscalPeriod *result);
extern int fiscal_period_print(FiscalPeriod period, char *buffer);
extern bool fiscal_period_unit_parse(const char *string, FiscalPeriodUnit *unit);
extern const char *fiscal_period_unit_name(FiscalPeriodUnit unit);

/* These return false, and leave the result alone, outside the years 1 to 9999. */
extern bool fiscal_period_of_month(int32 month, FiscalPeriodUnit unit, FiscalPeriod *result);
extern bool fiscal_period_move(FiscalPeriod period, int64 count, FiscalPeriod *result);

/* Tells whether an integer from outside is a period. */
extern bool fiscal_period_is_valid(int32 value);

/* Returns the unit of a period. */
static inline FiscalPeriodUnit
fiscal_period_unit(FiscalPeriod period)
{
	return (FiscalPeriodUnit) (period & 3);
}

/* Returns how many months a period of this unit has. */
static inline int32
fiscal_period_unit_months(FiscalPeriodUnit unit)
{
	return unit == FISCAL_PERIOD_YEAR ? 12 : unit == FISCAL_PERIOD_QUARTER ? 3 : 1;
}

/* Returns the first month of a period. */
static inline int32
fiscal_period_first_month(FiscalPeriod period)
{
	return period >> 2;
}

/* Returns the month after the last one of a period. */
static inline int32
fiscal_period_end_month(FiscalPeriod period)
{
	return fiscal_period_first_month(period) +
		   fiscal_period_unit_months(fiscal_period_unit(period));
}

/* Tells whether a month, which may be of any year, lies in a period. */
static inline bool
fiscal_period_contains_month(FiscalPeriod period, int32 month)
{
	return month >= fiscal_period_first_month(period) && month < fiscal_period_end_month(period);
}

/* Tells whether all of inner lies in outer. */
static inline bool
fiscal_period_contains(FiscalPeriod outer, FiscalPeriod inner)
{
	return fiscal_period_first_month(inner) >= fiscal_period_first_month(outer) &&
		   fiscal_period_end_month(inner) <= fiscal_period_end_month(outer);
}

/* Tells whether two periods have a month in common. */
static inline bool
fiscal_period_overlaps(FiscalPeriod a, FiscalPeriod b)
{
	return fiscal_period_first_month(a) < fiscal_period_end_month(b) &&
		   fiscal_period_first_month(b) < fiscal_period_end_month(a);
}

#endif
