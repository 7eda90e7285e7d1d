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

/*
 * Lists the years, from first on, that begin when bookings had begun. Returns how many of these count
 * years there are.
 */
int
outlook_list_years(const Outlook *outlook, PeriodRange first, int count, PeriodRange *years)
{
	int32 first_of_all =
		outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL})->actual.first_month;
	int32 step = (first.end_month - first.first_month + 11) / 12 * 12;
	int found = 0;

	for (int i = 0; i < count; i++)
	{
		PeriodRange year = {first.first_month + i * step, first.end_month + i * step};

		if (year.first_month >= first_of_all)
			years[found++] = year;
	}
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

/* Tests the methods on one pair. What has no figure is not counted. */
static void
error_add_pair(const Outlook *outlook, const OutlookPair *pair, const OutlookPoint *point,
			   OutlookError *errors)
{
	Amount actual = amount_narrow(
		outlook_sum(outlook, &pair->actual, point->period.first_month, point->period.end_month));

	if (actual == 0 && outlook_known(outlook, &pair->actual, point) == 0 &&
		outlook_known(outlook, &pair->committed, point) == 0 && !outlook_has_work(&pair->plan))
		return;
	for (OutlookMethod method = OUTLOOK_RUN_RATE; method < OUTLOOK_METHODS; method++)
	{
		OutlookFigure figure = outlook_expect(outlook, pair, point, method);

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
