/*
 * outlook_error.c
 *	  outlook_error_scan() in SQL: how far the outlook was off in earlier years.
 *
 * PUBLIC may execute it: participants that the role may not read come into no sum.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "outlook/outlook.h"

/* Columns of outlook_error_scan(). */
enum
{
	ERROR_METHOD,
	ERROR_MONTHS,
	ERROR_YEARS,
	ERROR_COUNT,
	ERROR_DISTANCE,
	ERROR_BIAS,
	ERROR_COLUMNS
};

/* Puts out the error of a method, at the end of so many months; 0: of all of them. */
static void
error_put(ReturnSetInfo *result, OutlookMethod method, int months, int years,
		  const OutlookError *error)
{
	Datum values[ERROR_COLUMNS];
	bool nulls[ERROR_COLUMNS] = {false};

	values[ERROR_METHOD] = CStringGetTextDatum(outlook_method_name(method));
	values[ERROR_MONTHS] = Int32GetDatum(months);
	nulls[ERROR_MONTHS] = months == 0;
	values[ERROR_YEARS] = Int32GetDatum(years);
	values[ERROR_COUNT] = Int64GetDatum(error->count);
	values[ERROR_DISTANCE] =
		outlook_percentage(error->distance, error->actual, &nulls[ERROR_DISTANCE]);
	values[ERROR_BIAS] = outlook_percentage(error->bias, error->actual, &nulls[ERROR_BIAS]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out the errors of a method at each month's end, and of all of these. */
static void
error_put_method(ReturnSetInfo *result, OutlookMethod method, int years,
				 OutlookError (*errors)[OUTLOOK_METHODS])
{
	OutlookError all = {0};

	for (int months = 1; months < MONTHS_A_YEAR; months++)
	{
		const OutlookError *error = &errors[months][method];

		error_put(result, method, months, years, error);
		all.count += error->count;
		all.distance += error->distance;
		all.bias += error->bias;
		all.actual += error->actual;
	}
	error_put(result, method, 0, years, &all);
}

/* Returns how many years there are from a day, the first of a month, to another one. 22023. */
static int
error_count_years(DateADT first, DateADT last)
{
	int32 months = calendar_month(last + 1) - calendar_month(first);

	if (calendar_first_day(calendar_month(first)) != first)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("first must be the first day of a month")));
	if (months < MONTHS_A_YEAR)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there is no whole year between first and last")));
	if (months / MONTHS_A_YEAR > YEARS_AT_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are more than %d years between first and last", YEARS_AT_MOST)));
	return months / MONTHS_A_YEAR;
}

PG_FUNCTION_INFO_V1(steering_outlook_error_scan);

/* outlook_error_scan(method text, first date, last date) */
Datum
steering_outlook_error_scan(PG_FUNCTION_ARGS)
{
	OutlookMethod asked = outlook_method_argument(PG_GETARG_DATUM(0), PG_ARGISNULL(0));
	DateADT first = outlook_day_argument(PG_GETARG_DATUM(1), PG_ARGISNULL(1), "first");
	DateADT last = outlook_day_argument(PG_GETARG_DATUM(2), PG_ARGISNULL(2), "last");
	int count = error_count_years(first, last);
	int32 month = calendar_month(first);
	PeriodRange window = {month - OUTLOOK_EARLIER_MONTHS, month + count * MONTHS_A_YEAR};
	PeriodRange years[YEARS_AT_MOST];
	OutlookError errors[MONTHS_A_YEAR][OUTLOOK_METHODS] = {{{0}}};
	Outlook *outlook;

	InitMaterializedSRF(fcinfo, 0);
	outlook = outlook_take_pairs(window, METRIC_BUDGET, calendar_first_day(window.end_month) - 1);
	outlook_sum_levels(outlook);
	count = outlook_list_years(outlook, (PeriodRange){month, month + MONTHS_A_YEAR}, count, years);
	for (int i = 0; i < count; i++)
	{
		outlook_read_plan(outlook, years[i], asked >= OUTLOOK_EAC_BUDGET);
		for (int months = 1; months < MONTHS_A_YEAR; months++)
			outlook_test(outlook, years[i], months, errors[months]);
	}
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
		if (asked == method || asked == OUTLOOK_METHODS)
			error_put_method((ReturnSetInfo *) fcinfo->resultinfo, method, count, errors);
	return (Datum) 0;
}
