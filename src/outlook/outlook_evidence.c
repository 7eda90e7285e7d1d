/*
 * outlook_evidence.c
 *	  How far each method was off in earlier years: the outlook as it was at a month's end, against
 *	  what the year became.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "outlook/outlook.h"
#include "types/share.h"

/* Returns a year that is so many years after the first one; before it, if negative. */
static PeriodRange
year_after(PeriodRange first, int number)
{
	int32 step = (first.end_month - first.first_month + 11) / 12 * 12;

	return (PeriodRange){first.first_month + number * step, first.end_month + number * step};
}

/* Tells whether something was booked from the beginning of a year to that of the next one. */
static bool
year_is_booked(const Outlook *outlook, PeriodRange first, int number)
{
	const OutlookPair *all = outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL});

	return outlook_is_booked(outlook, &all->actual, year_after(first, number).first_month,
							 year_after(first, number + 1).first_month);
}

/*
 * Lists the years that are evidence, of count ones from first on: up to the last one that has
 * bookings, those that follow each other without one that has none, and of which the beginning is
 * known. Returns how many there are.
 */
int
outlook_list_years(const Outlook *outlook, PeriodRange first, int count, PeriodRange *years)
{
	const OutlookPair *all = outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL});
	int begin;
	int found = 0;

	while (count > 0 && !year_is_booked(outlook, first, count - 1))
		count--;
	for (begin = count; begin > 0 && year_is_booked(outlook, first, begin - 1);)
		begin--;
	if (begin < count &&
		!outlook_has_begun(outlook, &all->actual, year_after(first, begin).first_month,
						   year_after(first, 1).first_month - first.first_month))
		begin++;
	for (; begin < count; begin++)
		years[found++] = year_after(first, begin);
	return found;
}

/* Returns a part of a whole as a percentage with two decimals; null if the whole is zero. */
Datum
outlook_percentage(int128 part, int128 whole, bool *isnull)
{
	*isnull = whole == 0;
	if (*isnull)
		return (Datum) 0;
	return AmountGetDatum(amount_narrow(share_round(part * AMOUNT_SCALE, whole) * 100));
}

/* Adds a figure and what became of it to the error of a method. */
static void
error_add(OutlookError *error, Amount expected, Amount actual)
{
	int128 difference = (int128) expected - actual;

	error->count++;
	error->distance += difference < 0 ? -difference : difference;
	error->bias += difference;
	error->actual += actual < 0 ? -(int128) actual : actual;
}

/* Tests the methods on one pair. Where nothing was booked, before or then, nothing is tested. */
static void
error_add_pair(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			   OutlookError *errors)
{
	Amount actual = amount_narrow(
		outlook_sum(outlook, &pair->actual, point->period.first_month, point->period.end_month));
	OutlookStart start = outlook_start(outlook, pair, point);

	if (actual == 0 && start.actual == 0 && start.committed == 0 && start.own.years == 0 &&
		!outlook_has_work(&pair->plan))
		return;
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		OutlookFigure figure = outlook_expect(outlook, pair, point, &start, method);

		if (figure.is_known)
			error_add(&errors[method], figure.expected, actual);
	}
}

/* Adds the errors of all methods at the end of a month of a year; the plan is that of the year. */
void
outlook_test(Outlook *outlook, PeriodRange year, int32 known, OutlookError *errors)
{
	OutlookPoint point = outlook_point_at_month(year, known);
	MemoryContext pair =
		AllocSetContextCreate(CurrentMemoryContext, "outlook pair", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(pair);

	for (int32 i = 0; i < outlook->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (outlook->pairs[i].pair.participant_id == OUTLOOK_ALL)
			continue;
		error_add_pair(outlook, &outlook->pairs[i], &point, errors);
		MemoryContextReset(pair);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(pair);
}
