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

#include "call.h"
#include "caps/register_node.h"
#include "outlook/outlook.h"

extern Datum steering_period_range(PG_FUNCTION_ARGS);

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

/* The methods of an outlook, in the order in which they are tried, and why. */
typedef struct MethodChoice
{
	OutlookMethod methods[OUTLOOK_METHODS];
	int count;
	char *reasons[OUTLOOK_METHODS]; /* NULL: it was asked for */
} MethodChoice;

static const char *const basis_names[] = {
	[OUTLOOK_OF_PAIR] = "own years",
	[OUTLOOK_OF_SERVICE] = "service years",
	[OUTLOOK_OF_ALL] = "all years",
	[OUTLOOK_OF_DAYS] = "run_rate",
};

/* Returns what a profile is taken from, as users see it. */
const char *
outlook_basis_name(OutlookBasis basis)
{
	return basis_names[basis];
}

/* Reads an argument that is a day. Errors: 22004, 22023. */
DateADT
outlook_day_argument(Datum day, bool isnull, const char *name)
{
	call_check_not_null(isnull, name);
	if (DATE_NOT_FINITE(DatumGetDateADT(day)) ||
		DatumGetDateADT(day) < outlook_day(FISCAL_PERIOD_FIRST_MONTH) ||
		DatumGetDateADT(day) >= outlook_day(FISCAL_PERIOD_END_MONTH - 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a day of the years 1 to 9999", name)));
	return DatumGetDateADT(day);
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
				 errhint("The methods are run_rate, seasonal, committed, eac_budget, eac_cpi and "
						 "eac_spi_cpi.")));
	return method;
}

/* Reads the period; null is the calendar year of the day. Errors: those of period_range(), 22023. */
static PeriodRange
outlook_period_argument(FunctionCallInfo fcinfo, int argument, DateADT as_of)
{
	PeriodRange period;
	DateADT first_day;
	DateADT end_day;

	period.first_month = outlook_month(as_of) / MONTHS_A_YEAR * MONTHS_A_YEAR;
	period.end_month = period.first_month + MONTHS_A_YEAR;
	if (PG_ARGISNULL(argument))
		return period;
	register_node_read_range(DirectFunctionCall1(steering_period_range, PG_GETARG_DATUM(argument)),
							 &first_day, &end_day);
	period.first_month = outlook_month(first_day);
	period.end_month = outlook_month(end_day);
	if (as_of < first_day || as_of >= end_day)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("as_of is not a day of period \"%s\"",
							   text_to_cstring(PG_GETARG_TEXT_PP(argument)))));
	if (period.end_month - period.first_month > OUTLOOK_LONGEST)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("period \"%s\" is longer than ten years",
							   text_to_cstring(PG_GETARG_TEXT_PP(argument)))));
	return period;
}

/* Tells whether one method was less off than another one. */
static bool
choice_is_better(const OutlookError *errors, OutlookMethod method, OutlookMethod than)
{
	return errors[method].distance < errors[than].distance;
}

/*
 * Puts the methods in order: least error first, and of equal ones the simpler one. Only those take
 * part that had a figure wherever another one had.
 */
static void
choice_order(MethodChoice *choice, const OutlookError *errors)
{
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		int place = choice->count;

		if (errors[method].count < errors[OUTLOOK_RUN_RATE].count)
			continue;
		for (; place > 0 && choice_is_better(errors, method, choice->methods[place - 1]); place--)
			choice->methods[place] = choice->methods[place - 1];
		choice->methods[place] = method;
		choice->count++;
	}
}

/* Says what the error of each method was. */
static void
choice_explain(MethodChoice *choice, const OutlookError *errors, int years)
{
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		bool isnull;
		Datum percentage =
			outlook_percentage(errors[method].distance, errors[method].actual, &isnull);
		char text[AMOUNT_TEXT_LENGTH];

		if (isnull)
		{
			choice->reasons[method] = "no evidence";
			continue;
		}
		amount_print(DatumGetAmount(percentage), text);
		choice->reasons[method] =
			psprintf("error %s%% over %d earlier %s", text, years, years == 1 ? "year" : "years");
	}
}

/*
 * Chooses by evidence: how far each method was off in earlier whole years, at the end of as many
 * months as are known now. In the first month of a period that is its end.
 */
static void
choice_make(MethodChoice *choice, Outlook *outlook, const OutlookPoint *point)
{
	PeriodRange years[YEARS_AT_MOST];
	OutlookError errors[OUTLOOK_METHODS] = {{0}};
	int back = OUTLOOK_EARLIER_MONTHS / point->step;
	PeriodRange first = {point->period.first_month - back * point->step,
						 point->period.end_month - back * point->step};
	int count = outlook_list_years(outlook, first, back, years);

	for (int i = 0; i < count; i++)
	{
		outlook_read_plan(outlook, years[i], true);
		outlook_test(outlook, years[i], Max(point->known, 1), errors);
	}
	choice_order(choice, errors);
	choice_explain(choice, errors, count);
}

/* Returns the basis of a figure as text. */
static Datum
outlook_basis_text(const OutlookPair *pair, OutlookMethod method, const OutlookFigure *figure)
{
	const char *cost = pair->plan.has_budget ? "budget" : "agreed cost";

	if (method < OUTLOOK_EAC_BUDGET)
		return CStringGetTextDatum(basis_names[figure->basis]);
	if (method < OUTLOOK_EAC_SPI_CPI)
		return CStringGetTextDatum(cost);
	return CStringGetTextDatum(psprintf("%s, %s", cost, basis_names[figure->basis]));
}

/* Sets the columns of what is expected, by the first method that has a figure. */
static void
outlook_set_expected(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
					 const MethodChoice *choice, Datum *values, bool *nulls)
{
	const OutlookPlan *plan = &pair->plan;
	OutlookFigure figure = {false, OUTLOOK_OF_DAYS, 0};
	OutlookMethod method = choice->methods[0];
	int128 headroom;

	for (int i = 0; i < choice->count && !figure.is_known; i++)
	{
		method = choice->methods[i];
		figure = outlook_expect(outlook, pair, point, method);
	}
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
	if (!plan->has_blocks_at || pair->is_above)
		return;
	headroom = (int128) plan->blocks_at - figure.expected;
	values[OUTLOOK_HEADROOM] = AmountGetDatum(amount_clamp(headroom));
	nulls[OUTLOOK_HEADROOM] = headroom != amount_clamp(headroom);
}

/* Puts out a row for each pair that has something in the period. */
static void
outlook_put_all(ReturnSetInfo *result, const Outlook *outlook, const OutlookPoint *point,
				const MethodChoice *choice)
{
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "outlook row", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(row);

	for (int32 i = 0; i < outlook->count; i++)
	{
		const OutlookPair *pair = &outlook->pairs[i];
		const TreeEntry *service = register_tree_find(outlook->services, pair->pair.service_id);
		const TreeEntry *participant =
			register_tree_find(outlook->participants, pair->pair.participant_id);
		Datum values[OUTLOOK_COLUMNS];
		bool nulls[OUTLOOK_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		if (service == NULL || participant == NULL ||
			!(pair->is_booked || outlook_has_work(&pair->plan)))
			continue;
		MemoryContextReset(row);
		values[OUTLOOK_SERVICE] = service->code;
		values[OUTLOOK_PARTICIPANT] = participant->code;
		values[OUTLOOK_ACTUAL] = AmountGetDatum(outlook_known(outlook, &pair->actual, point));
		values[OUTLOOK_COMMITMENTS] =
			AmountGetDatum(outlook_known(outlook, &pair->committed, point));
		values[OUTLOOK_BUDGET] = AmountGetDatum(pair->plan.budget);
		nulls[OUTLOOK_BUDGET] = !pair->plan.has_budget;
		outlook_set_expected(outlook, pair, point, choice, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(row);
}

PG_FUNCTION_INFO_V1(steering_outlook_scan);

/* outlook_scan(as_of date, method text, period text) */
Datum
steering_outlook_scan(PG_FUNCTION_ARGS)
{
	DateADT as_of = outlook_day_argument(PG_GETARG_DATUM(0), PG_ARGISNULL(0), "as_of");
	OutlookMethod method = outlook_method_argument(PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	PeriodRange period = outlook_period_argument(fcinfo, 2, as_of);
	PeriodRange window = {period.first_month - OUTLOOK_EARLIER_MONTHS, period.end_month};
	OutlookPoint point = outlook_point(period, as_of);
	MethodChoice choice = {.methods = {method}, .count = 1};
	Outlook *outlook;

	InitMaterializedSRF(fcinfo, 0);
	outlook = outlook_create(window, period.first_month, false);
	outlook_read_usage(outlook, as_of);
	outlook_sum_levels(outlook);
	if (method == OUTLOOK_METHODS)
	{
		choice.count = 0;
		choice_make(&choice, outlook, &point);
	}
	outlook_read_plan(outlook, period, choice.count > 1 || method >= OUTLOOK_EAC_BUDGET);
	outlook_put_all((ReturnSetInfo *) fcinfo->resultinfo, outlook, &point, &choice);
	return (Datum) 0;
}
