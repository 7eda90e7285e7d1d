/*
 * outlook_sql.c
 *	  outlook_scan() in SQL: what the end of a period will bring.
 *
 * PUBLIC may execute it: participants that the role may not read come into no sum. The result is in
 * a tuplestore, which goes to disk when work_mem is full.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "outlook/outlook_choice.h"
#include "reports/kept_reading.h"
#include "reports/usage_between.h"

/* Columns of outlook_scan(). */
enum
{
	OUTLOOK_SERVICE,
	OUTLOOK_PARTICIPANT,
	OUTLOOK_METHOD,
	OUTLOOK_BASIS,
	OUTLOOK_REASON,
	OUTLOOK_ACTUAL,
	OUTLOOK_COMMITMENTS,
	OUTLOOK_EXPECTED,
	OUTLOOK_BUDGET,
	OUTLOOK_HEADROOM,
	OUTLOOK_COLUMNS
};

static const char *const basis_names[] = {
	[OUTLOOK_OF_PAIR] = "own years",      [OUTLOOK_OF_SERVICE] = "service years",
	[OUTLOOK_OF_ALL] = "all years",       [OUTLOOK_OF_DAYS] = "run_rate",
	[OUTLOOK_ADDED] = "own years, added", [OUTLOOK_OF_ACTUAL] = "actual",
};

/* Returns what a profile is taken from, as users see it. */
const char *
outlook_basis_name(OutlookBasis basis)
{
	return basis_names[basis];
}

/* Reads an argument that is a method; OUTLOOK_METHODS if it is null. Error: 22023. */
OutlookMethod
outlook_method_argument(Datum argument, bool isnull)
{
	OutlookMethod method;
	char *name;

	if (isnull)
		return OUTLOOK_METHODS;
	name = TextDatumGetCString(argument);
	method = outlook_method_parse(name);
	if (method == OUTLOOK_METHODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown method \"%s\"", name),
				 errhint("The methods are run_rate, seasonal, additive, committed, eac_budget, "
						 "eac_cpi and eac_spi_cpi.")));
	return method;
}

/* Returns the basis of a figure as text. */
static Datum
outlook_basis_text(const OutlookPair *pair, OutlookMethod method, const OutlookFigure *figure)
{
	const char *cost = pair->plan.has_budget ? "budget" : "agreed cost";

	if (method < OUTLOOK_EAC_BUDGET && !figure->is_planned)
		return CStringGetTextDatum(basis_names[figure->basis]);
	if (method == OUTLOOK_EAC_BUDGET || method == OUTLOOK_EAC_CPI)
		return CStringGetTextDatum(cost);
	return CStringGetTextDatum(psprintf("%s, %s", cost, basis_names[figure->basis]));
}

/* Sets the columns of what is expected. */
static void
outlook_set_expected(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
					 OutlookStart *start, const MethodChoice *choice, Datum *values, bool *nulls)
{
	const OutlookPlan *plan = &pair->plan;
	OutlookMethod method;
	OutlookFigure figure = choice_expect(choice, outlook, pair, point, start, &method);
	int128 headroom;

	values[OUTLOOK_METHOD] = CStringGetTextDatum(outlook_method_name(method));
	nulls[OUTLOOK_REASON] = choice->reasons[method] == NULL;
	if (choice->reasons[method] != NULL)
		values[OUTLOOK_REASON] = CStringGetTextDatum(choice->reasons[method]);
	nulls[OUTLOOK_BASIS] = nulls[OUTLOOK_EXPECTED] = !figure.is_known;
	nulls[OUTLOOK_HEADROOM] = true;
	if (!figure.is_known)
		return;
	values[OUTLOOK_BASIS] = outlook_basis_text(pair, method, &figure);
	values[OUTLOOK_EXPECTED] = AmountGetDatum(figure.expected);
	if (!plan->has_blocks_at || pair->is_above || plan->is_above)
		return;
	headroom = (int128) plan->blocks_at - figure.expected;
	values[OUTLOOK_HEADROOM] = AmountGetDatum(amount_clamp(headroom));
	nulls[OUTLOOK_HEADROOM] = headroom != amount_clamp(headroom);
}

/* Tells whether a pair has something in the period, or a past that can go on. */
bool
outlook_has_row(const OutlookPair *pair, const OutlookPoint *point, const OutlookStart *start)
{
	int32 month = point->period.first_month;

	return pair->last_booked >= month || outlook_has_work(&pair->plan) ||
		   (pair->first_booked < month && !start->is_over);
}

/* Puts out the row of a pair. */
static void
outlook_put(ReturnSetInfo *result, const Outlook *outlook, const OutlookPair *pair,
			const OutlookPoint *point, const MethodChoice *choice)
{
	const TreeEntry *service = register_tree_find(outlook->services, pair->pair.service_id);
	const TreeEntry *participant =
		register_tree_find(outlook->participants, pair->pair.participant_id);
	Datum values[OUTLOOK_COLUMNS];
	bool nulls[OUTLOOK_COLUMNS] = {false};
	OutlookStart start;

	if (service == NULL || participant == NULL || !usage_is_wanted(pair->pair.participant_id))
		return;
	start = outlook_start(outlook, pair, point);
	if (!outlook_has_row(pair, point, &start))
		return;
	values[OUTLOOK_SERVICE] = service->code;
	values[OUTLOOK_PARTICIPANT] = participant->code;
	values[OUTLOOK_ACTUAL] = AmountGetDatum(start.actual);
	values[OUTLOOK_COMMITMENTS] = AmountGetDatum(start.committed);
	values[OUTLOOK_BUDGET] = AmountGetDatum(pair->plan.budget);
	nulls[OUTLOOK_BUDGET] = !pair->plan.has_budget;
	outlook_set_expected(outlook, pair, point, &start, choice, values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Puts out the rows of all pairs, each as put does. */
void
outlook_put_all(ReturnSetInfo *result, const Outlook *outlook, const OutlookPoint *point,
				const MethodChoice *choice, OutlookPut put)
{
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "outlook row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(row);

	for (int32 i = 0; i < outlook->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put(result, outlook, &outlook->pairs[i], point, choice);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(row);
}

/* Reads what was booked by a day, in a period and before it. */
static Outlook *
outlook_read(const OutlookPeriod *period, DateADT as_of)
{
	PeriodRange window = {period->months.first_month - OUTLOOK_EARLIER_MONTHS,
						  period->months.end_month};
	Outlook *outlook = outlook_take_pairs(window, METRIC_BUDGET, as_of);

	outlook_sum_levels(outlook);
	return outlook;
}

/* Finds out which methods are advised for a period, and what they need. */
static AdvisedOutlook *
outlook_advise(const OutlookPeriod *period, const OutlookPoint *point, DateADT as_of)
{
	AdvisedOutlook *advised = palloc0(sizeof(AdvisedOutlook));

	advised->outlook = outlook_read(period, as_of);
	choice_make(&advised->choice, advised->outlook, point);
	outlook_read_plan(advised->outlook, period->months, true);
	return advised;
}

/* Returns what is advised for a period; of a page, what it has found out. */
const AdvisedOutlook *
outlook_advised(const OutlookPeriod *period, const OutlookPoint *point, DateADT as_of)
{
	char *name = psprintf("advised outlook of %d to %d by %d, for %u", period->months.first_month,
						  period->months.end_month, as_of, GetUserId());
	AdvisedOutlook *advised = kept_reading_find(name);
	MemoryContext caller;

	if (advised != NULL)
		return advised;
	caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
	advised = outlook_advise(period, point, as_of);
	kept_reading_add(name, advised);
	MemoryContextSwitchTo(caller);
	return advised;
}

PG_FUNCTION_INFO_V1(steering_outlook_scan);

/* outlook_scan(as_of date, method text, period text) */
Datum
steering_outlook_scan(PG_FUNCTION_ARGS)
{
	DateADT as_of = outlook_day_argument(PG_GETARG_DATUM(0), PG_ARGISNULL(0), "as_of");
	OutlookMethod method = outlook_method_argument(PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	OutlookPeriod period = outlook_period_argument(PG_GETARG_DATUM(2), PG_ARGISNULL(2), as_of);
	OutlookPoint point = outlook_point(period.months, as_of);
	MethodChoice choice = {.methods = {method}, .count = 1, .is_asked = method != OUTLOOK_METHODS};
	Outlook *outlook;

	InitMaterializedSRF(fcinfo, 0);
	if (choice.is_asked)
	{
		outlook = outlook_read(&period, as_of);
		outlook_read_plan(outlook, period.months, method >= OUTLOOK_EAC_BUDGET);
	}
	else
	{
		const AdvisedOutlook *advised = outlook_advised(&period, &point, as_of);

		outlook = advised->outlook;
		choice = advised->choice;
	}
	choice_name_period(&choice, &period);
	outlook_put_all((ReturnSetInfo *) fcinfo->resultinfo, outlook, &point, &choice, outlook_put);
	return (Datum) 0;
}
