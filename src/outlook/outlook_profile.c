/*
 * outlook_profile.c
 *	  Profiles: how a period went in earlier years, up to a day in it and after it.
 *
 * A profile says which part of the period was reached on that day: reached / whole, both in amounts of
 * earlier years times days. What followed is whole - reached; of a year on average a part of that.
 *
 * Earlier years are evidence as far back as they follow each other: a year without bookings ends
 * them, so a booking with a mistyped year adds none.
 */
#include "postgres.h"

#include "outlook/outlook.h"
#include "types/share.h"

/* Of less than 1 / LEAST_REACHED of a year, nothing is said of the whole. */
#define LEAST_REACHED 100

/* Returns a day in a period as the methods see it. */
OutlookPoint
outlook_point(PeriodRange period, DateADT as_of)
{
	int32 month = calendar_month(as_of + 1);
	OutlookPoint point = {.period = period};

	point.step = (period.end_month - period.first_month + 11) / 12 * 12;
	point.known = month - period.first_month;
	point.part_days = as_of + 1 - calendar_first_day(month);
	point.month_days =
		point.part_days == 0 ? 1 : calendar_first_day(month + 1) - calendar_first_day(month);
	point.elapsed_days = as_of + 1 - calendar_first_day(period.first_month);
	point.period_days =
		calendar_first_day(period.end_month) - calendar_first_day(period.first_month);
	return point;
}

/* Returns the end of a month, by how many months of the period are over then. */
OutlookPoint
outlook_point_at_month(PeriodRange period, int32 known)
{
	return outlook_point(period, calendar_first_day(period.first_month + known) - 1);
}

/* Returns the profile by days: every day is like the others. */
OutlookProfile
outlook_profile_of_days(const OutlookPoint *point)
{
	return (OutlookProfile){.basis = OUTLOOK_OF_DAYS,
							.reached = point->elapsed_days,
							.whole = point->period_days};
}

/*
 * Tells whether the bookings of a series had begun by a month: it has some in it, or in the year
 * before. Of what is before the window only the sum is known.
 */
bool
outlook_has_begun(const Outlook *outlook, const OutlookSeries *series, int32 month, int32 step)
{
	return outlook_is_booked(outlook, series, month, month + 1) ||
		   outlook_is_booked(outlook, series, month - step, month) ||
		   (month - step < outlook->first_month && series->before != 0);
}

/*
 * Tells whether the oldest year of a series is whole: its bookings had begun by the first month. Where
 * the very first year of all is concerned, that of all bookings, nobody knows what was before it.
 */
static bool
profile_is_whole(const Outlook *outlook, const OutlookSeries *series, int32 month, int32 step)
{
	const OutlookSeries *all = &outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL})->actual;

	return outlook_has_begun(outlook, series, month, step) ||
		   (outlook_is_booked(outlook, all, month, month + 1) &&
			!outlook_is_booked(outlook, all, month - step, month));
}

/* Counts the earlier years of a series, from the latest one back to one without bookings. */
static int32
profile_count_years(const Outlook *outlook, const OutlookSeries *series, const OutlookPoint *point)
{
	int32 first = point->period.first_month - point->step;
	int32 count = 0;

	while ((count + 1) * point->step <= OUTLOOK_EARLIER_MONTHS &&
		   outlook_is_booked(outlook, series, first - count * point->step,
							 first - (count - 1) * point->step))
		count++;
	return count;
}

/*
 * Reads the profile of a series. The oldest year is left out if it is not whole, unless there is no
 * other: that still tells what followed the day, but not of which whole it was a part.
 */
OutlookProfile
outlook_profile_of_series(const Outlook *outlook, const OutlookSeries *series,
						  const OutlookPoint *point)
{
	int32 length = point->period.end_month - point->period.first_month;
	OutlookProfile profile = {.basis = OUTLOOK_OF_PAIR, .days = point->month_days};

	profile.years = profile_count_years(outlook, series, point);
	if (profile.years == 0)
		return profile;
	profile.is_whole =
		profile_is_whole(outlook, series, point->period.first_month - profile.years * point->step,
						 point->step);
	if (!profile.is_whole && profile.years > 1)
	{
		profile.is_whole = true;
		profile.years--;
	}
	for (int32 year = 1; year <= profile.years; year++)
	{
		int32 first = point->period.first_month - year * point->step;
		int32 part = first + point->known;
		int32 end = first + length;
		int128 before = outlook_sum(outlook, series, first, part);
		int128 then = outlook_sum(outlook, series, part, Min(part + 1, end));
		int128 after = outlook_sum(outlook, series, part + 1, end);

		profile.reached += before * point->month_days + then * point->part_days;
		profile.whole += (before + then + after) * point->month_days;
	}
	return profile;
}

/* Tells whether a profile says of which whole a part is. */
bool
outlook_profile_is_ratio(const OutlookProfile *profile)
{
	return profile->is_whole && profile->whole > 0 && profile->reached > 0 &&
		   profile->reached >= (profile->whole + LEAST_REACHED - 1) / LEAST_REACHED;
}

/* Tells whether a profile says which part of a whole is still to come. */
static bool
profile_tells_part(const OutlookProfile *profile)
{
	return profile->is_whole && profile->whole > 0 && profile->reached >= 0 &&
		   profile->reached <= profile->whole;
}

/*
 * Finds the first profile, from a level on, that is good for something: of the pair, of its service, of
 * everything, else of the days. Volumes of different services have different units, and say nothing
 * in sum.
 */
static OutlookProfile
profile_find(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			 bool (*is_good)(const OutlookProfile *profile))
{
	const Pair levels[] = {pair->pair,
						   {pair->pair.service_id, OUTLOOK_ALL},
						   {OUTLOOK_ALL, OUTLOOK_ALL}};
	OutlookBasis last = metric_adds_up(outlook->metric) ? OUTLOOK_OF_ALL : OUTLOOK_OF_SERVICE;

	for (OutlookBasis basis = OUTLOOK_OF_PAIR; basis <= last; basis++)
	{
		const OutlookPair *level = outlook_find(outlook, levels[basis]);
		OutlookProfile profile;

		if (level == NULL)
			continue;
		profile = outlook_profile_of_series(outlook, &level->actual, point);
		profile.basis = basis;
		if (is_good(&profile))
			return profile;
	}
	return outlook_profile_of_days(point);
}

/* Returns the profile by which what was reached can be multiplied. */
OutlookProfile
outlook_profile(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point)
{
	return profile_find(outlook, pair, point, outlook_profile_is_ratio);
}

/* Returns the profile by which what was planned is still to come. */
OutlookProfile
outlook_profile_of_rest(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point)
{
	return profile_find(outlook, pair, point, profile_tells_part);
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

/* Returns what followed the day in a year, on average. Error: 22003. */
Amount
outlook_rest(const OutlookProfile *profile)
{
	int128 rest = profile->whole - profile->reached;
	int128 divisor = (int128) profile->years * profile->days;

	return outlook_quotient(&rest, 1, &divisor, 1);
}
