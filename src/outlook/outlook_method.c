/*
 * outlook_method.c
 *	  The methods: what the end of a period will bring, from what was known on a day in it.
 *
 * A profile says which part of the period was reached on that day: reached / whole, both in amounts of
 * earlier years times days. Earned value (Project Management Institute, Practice Standard for Earned
 * Value Management) has AC, PV and EV as they stood at the end of the last month up to which every
 * result was measured: its data date. In CPI and SPI the budget at completion cancels out.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/datetime.h"

#include "outlook/outlook.h"
#include "types/share.h"

/* Of less than 1 / LEAST_REACHED of a year, nothing is said of the whole. */
#define LEAST_REACHED 100

static const char *const method_names[OUTLOOK_METHODS] = {
	[OUTLOOK_RUN_RATE] = "run_rate",   [OUTLOOK_SEASONAL] = "seasonal",
	[OUTLOOK_COMMITTED] = "committed", [OUTLOOK_EAC_BUDGET] = "eac_budget",
	[OUTLOOK_EAC_CPI] = "eac_cpi",     [OUTLOOK_EAC_SPI_CPI] = "eac_spi_cpi",
};

/* What was achieved, up to a month's end. */
typedef struct EarnedWork
{
	int32 months;
	Amount measured; /* not more than the target */
	Amount target;
	Amount cost; /* AC */
} EarnedWork;

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

/* Returns the month of a day. */
int32
outlook_month(DateADT day)
{
	int year;
	int month;
	int day_of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return year * 12 + month - 1;
}

/* Returns the first day of a month. */
DateADT
outlook_day(int32 month)
{
	return date2j(month / 12, month % 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
}

/* Returns a day in a period as the methods see it. */
OutlookPoint
outlook_point(PeriodRange period, DateADT as_of)
{
	int32 month = outlook_month(as_of + 1);
	OutlookPoint point = {.period = period};

	point.step = (period.end_month - period.first_month + 11) / 12 * 12;
	point.known = month - period.first_month;
	point.part_days = as_of + 1 - outlook_day(month);
	point.month_days = point.part_days == 0 ? 1 : outlook_day(month + 1) - outlook_day(month);
	point.elapsed_days = as_of + 1 - outlook_day(period.first_month);
	point.period_days = outlook_day(period.end_month) - outlook_day(period.first_month);
	return point;
}

/* Returns the end of a month, by how many months of the period are over then. */
OutlookPoint
outlook_point_at_month(PeriodRange period, int32 known)
{
	return outlook_point(period, outlook_day(period.first_month + known) - 1);
}

/* Returns the profile by days: every day is like the others. */
OutlookProfile
outlook_profile_of_days(const OutlookPoint *point)
{
	return (OutlookProfile){OUTLOOK_OF_DAYS, point->elapsed_days, point->period_days};
}

/*
 * Tells whether an earlier year is whole: bookings of any kind, and those of the series, had begun
 * by its first month. Where the first year of all is concerned nobody knows what was before it.
 */
static bool
profile_is_whole(const OutlookSeries *series, int32 first_of_all, int32 first_month)
{
	return first_of_all <= first_month &&
		   (series->first_month <= first_month || first_of_all == first_month);
}

/* Returns the profile of a series by its earlier whole years; false if they say nothing. */
bool
outlook_profile_of_series(const Outlook *outlook, const OutlookSeries *series,
						  const OutlookPoint *point, OutlookProfile *profile)
{
	int32 first_of_all =
		outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL})->actual.first_month;
	int32 length = point->period.end_month - point->period.first_month;

	profile->reached = profile->whole = 0;
	for (int32 back = point->step; back <= OUTLOOK_EARLIER_MONTHS; back += point->step)
	{
		int32 first = point->period.first_month - back;
		int32 part = first + point->known;

		if (!profile_is_whole(series, first_of_all, first))
			continue;
		profile->reached += outlook_sum(outlook, series, first, part) * point->month_days +
							outlook_sum(outlook, series, part, part + 1) * point->part_days;
		profile->whole += outlook_sum(outlook, series, first, first + length) * point->month_days;
	}
	return profile->whole > 0 && profile->reached > 0 &&
		   profile->reached >= (profile->whole + LEAST_REACHED - 1) / LEAST_REACHED;
}

/*
 * Returns the profile of a pair: its own, else that of its service, of everything, of the days.
 * Volumes of different services have different units, and say nothing in sum.
 */
OutlookProfile
outlook_profile(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point)
{
	const Pair levels[] = {pair->pair,
						   {pair->pair.service_id, OUTLOOK_ALL},
						   {OUTLOOK_ALL, OUTLOOK_ALL}};
	OutlookBasis last = outlook->of_volume ? OUTLOOK_OF_SERVICE : OUTLOOK_OF_ALL;
	OutlookProfile profile;

	for (profile.basis = OUTLOOK_OF_PAIR; profile.basis <= last; profile.basis++)
	{
		const OutlookPair *level = outlook_find(outlook, levels[profile.basis]);

		if (level != NULL && outlook_profile_of_series(outlook, &level->actual, point, &profile))
			return profile;
	}
	return outlook_profile_of_days(point);
}

/* Returns what the whole period comes to when so much was reached of it. Error: 22003. */
Amount
outlook_complete(Amount actual, const OutlookProfile *profile)
{
	int128 factors[] = {actual, profile->whole};

	if (profile->reached == profile->whole)
		return actual;
	return outlook_quotient(factors, lengthof(factors), &profile->reached, 1);
}

/* Returns what a series has up to the day. Error: 22003. */
Amount
outlook_known(const Outlook *outlook, const OutlookSeries *series, const OutlookPoint *point)
{
	int32 first = point->period.first_month;
	int128 sum = outlook_sum(outlook, series, first, first + point->known);

	return amount_narrow(sum + (point->part_days > 0 ? series->part : 0));
}

/* Tells whether a budget at completion is known. */
bool
outlook_has_work(const OutlookPlan *plan)
{
	return plan->has_budget || plan->has_agreed;
}

/*
 * Finds out what was achieved up to the data date. Only what was measured from the first month on,
 * without a gap, says how much of the target was reached. More than all of it cannot be earned. Where
 * others are booked on below, the cost of the pair itself is a part of what the work cost.
 */
static bool
work_read(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
		  EarnedWork *work)
{
	int32 first = point->period.first_month;
	int32 end = first;
	int128 measured = 0;

	if (pair->is_above || !outlook_has_work(&pair->plan) || !pair->plan.has_target ||
		pair->plan.target <= 0)
		return false;
	for (int32 number = pair->plan.measured; number != 0;
		 number = outlook->measured[number - 1].next)
	{
		const OutlookMeasured *part = &outlook->measured[number - 1];

		if (part->months.first_month != end || part->months.end_month > first + point->known)
			break;
		measured += part->value;
		end = part->months.end_month;
	}
	work->months = end - first;
	work->target = pair->plan.target;
	work->measured = (Amount) Min(measured, work->target);
	work->cost = amount_narrow(outlook_sum(outlook, &pair->actual, first, end));
	return end > first && measured >= 0;
}

/* Returns AC + (BAC - EV): the rest costs what was planned for it. */
static Amount
work_at_budget(const EarnedWork *work, Amount budget)
{
	int128 factors[] = {budget, work->target - work->measured};
	int128 divisor = work->target;

	return amount_add(work->cost, outlook_quotient(factors, lengthof(factors), &divisor, 1));
}

/* Returns BAC / CPI = AC * BAC / EV: the rest costs what was achieved so far did. */
static Amount
work_at_cost_index(const EarnedWork *work)
{
	int128 factors[] = {work->cost, work->target};
	int128 divisor = work->measured;

	return outlook_quotient(factors, lengthof(factors), &divisor, 1);
}

/* Returns AC + (BAC - EV) / (CPI * SPI), where CPI = EV / AC and SPI = EV / PV. */
static Amount
work_at_both_indexes(const EarnedWork *work, const OutlookProfile *planned)
{
	int128 factors[] = {work->cost, work->target - work->measured, work->target, planned->reached};
	int128 divisors[] = {work->measured, work->measured, planned->whole};

	return amount_add(work->cost,
					  outlook_quotient(factors, lengthof(factors), divisors, lengthof(divisors)));
}

/* Computes an estimate at completion. It is unknown where what it divides by is not positive. */
static OutlookFigure
work_expect(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			OutlookMethod method)
{
	const OutlookPlan *plan = &pair->plan;
	OutlookFigure figure = {false, OUTLOOK_OF_DAYS, 0};
	Amount budget;
	EarnedWork work;
	OutlookPoint data_date;
	OutlookProfile planned;

	if (!work_read(outlook, pair, point, &work))
		return figure;
	budget = plan->has_budget ? plan->budget : amount_narrow(plan->agreed);
	if (method != OUTLOOK_EAC_BUDGET && (work.measured <= 0 || work.cost <= 0 || budget <= 0))
		return figure;
	data_date = outlook_point_at_month(point->period, work.months);
	planned = outlook_profile(outlook, pair, &data_date);
	figure.is_known = true;
	figure.basis = planned.basis;
	if (method == OUTLOOK_EAC_BUDGET)
		figure.expected = work_at_budget(&work, budget);
	else if (method == OUTLOOK_EAC_CPI)
		figure.expected = work_at_cost_index(&work);
	else
		figure.expected = work_at_both_indexes(&work, &planned);
	return figure;
}

/*
 * Computes what a method expects at the end of the period. On its last day that is what was booked;
 * only what is committed then is still expected to come. Error: 22003.
 */
OutlookFigure
outlook_expect(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			   OutlookMethod method)
{
	Amount actual = outlook_known(outlook, &pair->actual, point);
	OutlookFigure figure = {true, OUTLOOK_OF_DAYS, 0};
	OutlookProfile profile;

	if (method >= OUTLOOK_EAC_BUDGET)
	{
		figure = work_expect(outlook, pair, point, method);
		if (point->elapsed_days == point->period_days)
			figure.expected = actual;
		return figure;
	}
	profile = method == OUTLOOK_RUN_RATE ? outlook_profile_of_days(point)
										 : outlook_profile(outlook, pair, point);
	figure.basis = profile.basis;
	figure.expected = outlook_complete(actual, &profile);
	if (method == OUTLOOK_COMMITTED)
		figure.expected = Max(figure.expected,
							  amount_add(actual, outlook_known(outlook, &pair->committed, point)));
	return figure;
}
