/*
 * outlook_usage.c
 *	  Bookings by month of each service and participant, as they were known on a day.
 *
 * Months that were over on that day come from the usage cells, in one pass. Only for a day within a
 * month the bookings of that month are read (outlook_booked.c). Participants that the role may not read
 * come into no sum, not even that of a service or of everything.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "outlook/outlook.h"
#include "reports/kept_reading.h"
#include "reports/usage_between.h"

/* Returns the amounts of twelve months of a series. */
static Amount *
series_year(const Outlook *outlook, OutlookSeries *series, int32 year)
{
	if (series->years == NULL)
		series->years = palloc0(outlook->years * sizeof(Amount *));
	if (series->years[year] == NULL)
		series->years[year] = palloc0(12 * sizeof(Amount));
	return series->years[year];
}

/* Adds to a month of a series. Error: 22003. */
static void
series_add(const Outlook *outlook, OutlookSeries *series, int32 month, Amount amount)
{
	int32 offset = month - outlook->first_month;
	Amount *cell;

	if (amount == 0)
		return;
	if (offset < 0)
	{
		series->before += amount;
		return;
	}
	cell = &series_year(outlook, series, offset / 12)[offset % 12];
	*cell = amount_add(*cell, amount);
}

/* Adds parts of usage cells to their pairs. */
static void
outlook_add_parts(const UsagePart *parts, int count, void *context)
{
	Outlook *outlook = context;

	for (int i = 0; i < count; i++)
	{
		OutlookPair *pair = outlook_pair(outlook, parts[i].pair);
		int32 month = calendar_month(parts[i].month);
		const Usage *usage = &parts[i].usage;

		series_add(outlook, parts[i].is_commitment ? &pair->committed : &pair->actual, month,
				   metric_usage(outlook->metric, usage));
		if (usage->bookings == 0 || month < outlook->first_month)
			continue;
		pair->first_booked = Min(pair->first_booked, month);
		pair->last_booked = Max(pair->last_booked, month);
	}
}

/* Reads what was booked up to a day, which is in the window. */
static void
outlook_read_usage(Outlook *outlook, DateADT as_of)
{
	DateADT first_day;

	outlook->end_month = calendar_month(as_of + 1);
	first_day = calendar_first_day(outlook->end_month);
	usage_visit(DATEVAL_NOBEGIN, first_day, outlook->readable, outlook_add_parts, outlook);
	if (as_of >= first_day)
		outlook_read_bookings(outlook, first_day, as_of);
}

/* Returns the name of what is read of a window by a day. */
static char *
outlook_reading_name(PeriodRange window, Metric metric, DateADT as_of)
{
	return psprintf("outlook of %d to %d by %d, metric %d, for %u", window.first_month,
					window.end_month, as_of, metric, GetUserId());
}

/* Reads what was booked in a window up to a day, or returns what a page has read of it: who calls may not change it. */
Outlook *
outlook_read_pairs(PeriodRange window, Metric metric, DateADT as_of)
{
	char *name = outlook_reading_name(window, metric, as_of);
	Outlook *outlook = kept_reading_find(name);
	MemoryContext caller;

	if (outlook != NULL)
		return outlook;
	caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
	outlook = outlook_create(window, metric);
	outlook_read_usage(outlook, as_of);
	kept_reading_add(name, outlook);
	MemoryContextSwitchTo(caller);
	return outlook;
}

/* Reads the same for who will change it. */
Outlook *
outlook_take_pairs(PeriodRange window, Metric metric, DateADT as_of)
{
	Outlook *outlook = kept_reading_take(outlook_reading_name(window, metric, as_of));

	if (outlook != NULL)
		return outlook;
	outlook = outlook_create(window, metric);
	outlook_read_usage(outlook, as_of);
	return outlook;
}

/* Adds a series to another one. */
static void
series_add_series(const Outlook *outlook, OutlookSeries *sum, const OutlookSeries *series)
{
	sum->before += series->before;
	sum->part = amount_add(sum->part, series->part);
	for (int year = 0; series->years != NULL && year < outlook->years; year++)
		for (int month = 0; series->years[year] != NULL && month < 12; month++)
			series_add(outlook, sum, outlook->first_month + year * 12 + month,
					   series->years[year][month]);
}

/* Adds the bookings of a pair to those of another one. */
void
outlook_add_pair(Outlook *outlook, OutlookPair *sum, const OutlookPair *pair)
{
	series_add_series(outlook, &sum->actual, &pair->actual);
	series_add_series(outlook, &sum->committed, &pair->committed);
}

/* Notes of the pairs above a pair that they are. */
static void
outlook_mark_above(Outlook *outlook, Pair pair)
{
	const TreeEntry *service = register_tree_find(outlook->services, pair.service_id);
	const TreeEntry *participant = register_tree_find(outlook->participants, pair.participant_id);

	if (service == NULL || participant == NULL)
		return;
	for (int i = 0; i < service->depth; i++)
		for (int j = 0; j < participant->depth; j++)
			if (i + j > 0)
				outlook_pair(outlook, (Pair){service->path[i], participant->path[j]})->is_above =
					true;
}

/* Sums the pairs of each service, and everything; and finds the pairs above others. */
void
outlook_sum_levels(Outlook *outlook)
{
	int32 count = outlook->count;

	outlook->services = register_tree_of_services(unit_names_create());
	outlook->participants = register_tree_of_participants();
	outlook_pair(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL});
	for (int32 i = 0; i < count; i++)
	{
		OutlookPair *service =
			outlook_pair(outlook, (Pair){outlook->pairs[i].pair.service_id, OUTLOOK_ALL});

		CHECK_FOR_INTERRUPTS();
		outlook_add_pair(outlook, service, &outlook->pairs[i]);
		outlook_add_pair(outlook, outlook_find(outlook, (Pair){OUTLOOK_ALL, OUTLOOK_ALL}),
						 &outlook->pairs[i]);
		outlook_mark_above(outlook, outlook->pairs[i].pair);
	}
}

/* Returns what a series has in these months. */
int128
outlook_sum(const Outlook *outlook, const OutlookSeries *series, int32 first_month, int32 end_month)
{
	int32 last = Min(end_month - outlook->first_month, outlook->years * 12);
	int128 sum = 0;

	if (series->years == NULL)
		return 0;
	for (int32 i = Max(first_month - outlook->first_month, 0); i < last; i++)
		if (series->years[i / 12] != NULL)
			sum += series->years[i / 12][i % 12];
	return sum;
}

/* Tells whether a series has an amount in some of these months. */
bool
outlook_is_booked(const Outlook *outlook, const OutlookSeries *series, int32 first_month,
				  int32 end_month)
{
	int32 last = Min(end_month - outlook->first_month, outlook->years * 12);

	if (series->years == NULL)
		return false;
	for (int32 i = Max(first_month - outlook->first_month, 0); i < last; i++)
		if (series->years[i / 12] != NULL && series->years[i / 12][i % 12] != 0)
			return true;
	return false;
}
