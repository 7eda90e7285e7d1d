/*
 * outlook_by_method.c
 *	  outlook_by_method_scan() in SQL: what outlook() says by each method that needs no results, and by the one that it advises,
 *	  from one reading of what was booked.
 *
 * PUBLIC may execute it: participants that the role may not read come into no sum. The result is in a tuplestore, which goes to
 * disk when work_mem is full.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "outlook/outlook_choice.h"
#include "reports/usage_between.h"

/* Columns of outlook_by_method_scan(). */
enum
{
	BY_SERVICE,
	BY_PARTICIPANT,
	BY_ADVISED_METHOD,
	BY_ADVISED,
	BY_ADVISED_ERROR,
	BY_ADVISED_YEARS,
	BY_METHOD, /* the first of those asked for */
	BY_COLUMNS = BY_METHOD + OUTLOOK_EAC_BUDGET
};

/* Sets the columns of the method that is advised. */
static void
by_method_set_advised(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
					  OutlookStart *start, const MethodChoice *choice, Datum *values, bool *nulls)
{
	OutlookMethod method;
	OutlookFigure figure = choice_expect(choice, outlook, pair, point, start, &method);
	const OutlookError *error = &choice->errors[method];

	values[BY_ADVISED_METHOD] = CStringGetTextDatum(outlook_method_name(method));
	values[BY_ADVISED] = AmountGetDatum(figure.expected);
	nulls[BY_ADVISED] = !figure.is_known;
	values[BY_ADVISED_ERROR] =
		outlook_percentage(error->distance, error->actual, &nulls[BY_ADVISED_ERROR]);
	values[BY_ADVISED_YEARS] = Int32GetDatum(choice->years);
}

/* Sets the columns of each method. */
static void
by_method_set_each(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
				   OutlookStart *start, Datum *values, bool *nulls)
{
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_EAC_BUDGET; method++)
	{
		OutlookFigure figure = outlook_expect(outlook, pair, point, start, method);

		values[BY_METHOD + method] = AmountGetDatum(figure.expected);
		nulls[BY_METHOD + method] = !figure.is_known;
	}
}

/* Puts out the row of a pair, if outlook() has one. */
static void
by_method_put(ReturnSetInfo *result, const Outlook *outlook, const OutlookPair *pair,
			  const OutlookPoint *point, const MethodChoice *choice)
{
	const TreeEntry *service = register_tree_find(outlook->services, pair->pair.service_id);
	const TreeEntry *participant =
		register_tree_find(outlook->participants, pair->pair.participant_id);
	Datum values[BY_COLUMNS];
	bool nulls[BY_COLUMNS] = {false};
	OutlookStart start;

	if (service == NULL || participant == NULL || !usage_is_wanted(pair->pair.participant_id))
		return;
	start = outlook_start(outlook, pair, point);
	if (!outlook_has_row(pair, point, &start))
		return;
	values[BY_SERVICE] = service->code;
	values[BY_PARTICIPANT] = participant->code;
	by_method_set_advised(outlook, pair, point, &start, choice, values, nulls);
	by_method_set_each(outlook, pair, point, &start, values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_outlook_by_method_scan);

/* outlook_by_method_scan(as_of date, period text) */
Datum
steering_outlook_by_method_scan(PG_FUNCTION_ARGS)
{
	DateADT as_of = outlook_day_argument(PG_GETARG_DATUM(0), PG_ARGISNULL(0), "as_of");
	OutlookPeriod period = outlook_period_argument(PG_GETARG_DATUM(1), PG_ARGISNULL(1), as_of);
	OutlookPoint point = outlook_point(period.months, as_of);
	const AdvisedOutlook *advised = outlook_advised(&period, &point, as_of);

	InitMaterializedSRF(fcinfo, 0);
	outlook_put_all((ReturnSetInfo *) fcinfo->resultinfo, advised->outlook, &point,
					&advised->choice, by_method_put);
	return (Datum) 0;
}
