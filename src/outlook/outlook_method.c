/*
 * outlook_method.c
 *	  The methods: what the end of a period will bring, from what was known on a day in it.
 *
 * What was reached can be multiplied by a profile, or what followed the day in earlier years can be
 * added to it: as forecasting has it, the multiplicative and the additive pickup (Weatherford and
 * Kimes, A comparison of forecasting methods for hotel revenue management, International Journal of
 * Forecasting 19, 2003). Nothing can be said by multiplying zero or a negative figure.
 *
 * Where there are no earlier years, but a plan, the part of it that is still to come is added
 * (Bornhuetter and Ferguson, The actuary and IBNR, Casualty Actuarial Society, 1972).
 */
#include "postgres.h"

#include "outlook/outlook.h"

static const char *const method_names[OUTLOOK_METHODS] = {
	[OUTLOOK_RUN_RATE] = "run_rate",       [OUTLOOK_SEASONAL] = "seasonal",
	[OUTLOOK_ADDITIVE] = "additive",       [OUTLOOK_COMMITTED] = "committed",
	[OUTLOOK_EAC_BUDGET] = "eac_budget",   [OUTLOOK_EAC_CPI] = "eac_cpi",
	[OUTLOOK_EAC_SPI_CPI] = "eac_spi_cpi",
};

/* Returns a method by its name; OUTLOOK_METHODS: there is none. */
OutlookMethod
outlook_method_parse(const char *name)
{
	OutlookMethod method = OUTLOOK_RUN_RATE;

	while (method < OUTLOOK_METHODS && strcmp(name, method_names[method]) != 0)
		method++;
	return method;
}

/* Returns the name of a method. */
const char *
outlook_method_name(OutlookMethod method)
{
	return method_names[method];
}

/* Returns what a series has up to the day. Error: 22003. */
Amount
outlook_usage_to_date(const Outlook *outlook, const OutlookSeries *series,
					  const OutlookPoint *point)
{
	int32 first = point->period.first_month;
	int128 sum = outlook_sum(outlook, series, first, first + point->known);

	return amount_narrow(sum + (point->part_days > 0 ? series->part : 0));
}

/* Tells whether nothing can be booked on a pair any more: its service or participant has ended. */
static bool
start_is_over(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point)
{
	DateADT next = calendar_first_day(point->period.first_month) + point->elapsed_days;
	const TreeEntry *service;
	const TreeEntry *participant;

	if (outlook->services == NULL)
		return false;
	service = register_tree_find(outlook->services, pair->pair.service_id);
	participant = register_tree_find(outlook->participants, pair->pair.participant_id);
	return (service != NULL && service->end_day <= next) ||
		   (participant != NULL && participant->end_day <= next);
}

/* Finds out what is known of a pair on a day. Error: 22003. */
OutlookStart
outlook_start(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point)
{
	OutlookStart start = {0};

	start.actual = outlook_usage_to_date(outlook, &pair->actual, point);
	start.committed = outlook_usage_to_date(outlook, &pair->committed, point);
	start.is_over = start_is_over(outlook, pair, point);
	start.own = outlook_profile_of_series(outlook, &pair->actual, point);
	return start;
}

/* Returns what was reached, completed by a profile. */
static OutlookFigure
figure_multiplied(const OutlookStart *start, const OutlookProfile *profile)
{
	return (OutlookFigure){.is_known = true,
						   .basis = profile->basis,
						   .expected = outlook_complete(start->actual, profile)};
}

/* Returns what was reached, with what followed in earlier years. */
static OutlookFigure
figure_added(const OutlookStart *start)
{
	return (OutlookFigure){.is_known = true,
						   .basis = OUTLOOK_ADDED,
						   .expected = amount_add(start->actual, outlook_rest(&start->own))};
}

/* Returns what was reached, with the part of the plan that is still to come. */
static OutlookFigure
figure_planned(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			   const OutlookStart *start)
{
	OutlookProfile profile = outlook_profile_of_rest(outlook, pair, point);
	int128 factors[] = {outlook_planned_cost(&pair->plan), profile.whole - profile.reached};
	Amount rest = outlook_quotient(factors, lengthof(factors), &profile.whole, 1);

	return (OutlookFigure){.is_known = true,
						   .is_planned = true,
						   .basis = profile.basis,
						   .expected = amount_add(start->actual, rest)};
}

/*
 * Tells whether a plan is that of the pair itself. It is for all below it as well: where others there
 * are booked on or have plans, it says nothing of the pair.
 */
static bool
pair_has_plan(const OutlookPair *pair)
{
	return outlook_has_work(&pair->plan) && !pair->is_above && !pair->plan.is_above;
}

/* Computes what is expected of a pair that has neither years nor a plan of its own. */
static OutlookFigure
expect_as_others(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
				 OutlookStart *start)
{
	if (start->actual <= 0)
		return (OutlookFigure){true, false, OUTLOOK_OF_ACTUAL, start->actual};
	if (!start->has_others)
		start->others = outlook_profile(outlook, pair, point);
	start->has_others = true;
	return figure_multiplied(start, &start->others);
}

/* Computes seasonal: multiplies wherever that can be done, else adds. */
static OutlookFigure
expect_seasonal(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
				OutlookStart *start)
{
	if (start->actual > 0 && outlook_profile_is_ratio(&start->own))
		return figure_multiplied(start, &start->own);
	if (start->own.years > 0 && (start->own.is_whole || start->actual <= 0))
		return figure_added(start);
	if (start->actual <= 0 && pair_has_plan(pair))
		return figure_planned(outlook, pair, point, start);
	return expect_as_others(outlook, pair, point, start);
}

/* Computes additive: adds wherever there is something to add, else multiplies. */
static OutlookFigure
expect_additive(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
				OutlookStart *start)
{
	if (start->own.years > 0)
		return figure_added(start);
	if (pair_has_plan(pair))
		return figure_planned(outlook, pair, point, start);
	return expect_as_others(outlook, pair, point, start);
}

/* Computes what a method that knows no work expects. */
static OutlookFigure
expect_by_profile(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
				  OutlookStart *start, OutlookMethod method)
{
	OutlookProfile days = outlook_profile_of_days(point);
	OutlookFigure figure;

	if (method == OUTLOOK_RUN_RATE)
		return figure_multiplied(start, &days);
	if (start->is_over)
		figure = (OutlookFigure){true, false, OUTLOOK_OF_ACTUAL, start->actual};
	else if (method == OUTLOOK_ADDITIVE)
		figure = expect_additive(outlook, pair, point, start);
	else
		figure = expect_seasonal(outlook, pair, point, start);
	if (method == OUTLOOK_COMMITTED)
		figure.expected = Max(figure.expected, amount_add(start->actual, start->committed));
	return figure;
}

/*
 * Computes what a method expects at the end of the period. On its last day that is what was booked;
 * only what is committed then is still expected to come. Error: 22003.
 */
OutlookFigure
outlook_expect(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			   OutlookStart *start, OutlookMethod method)
{
	OutlookFigure figure;

	if (method < OUTLOOK_EAC_BUDGET)
		return expect_by_profile(outlook, pair, point, start, method);
	figure = outlook_work_expect(outlook, pair, point, method);
	if (point->elapsed_days == point->period_days)
		figure.expected = start->actual;
	return figure;
}
