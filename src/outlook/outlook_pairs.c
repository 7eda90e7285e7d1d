/*
 * outlook_pairs.c
 *	  The services and participants of an outlook, with what is known of each.
 */
#include "postgres.h"

#include "outlook/outlook.h"
#include "reports/query_rows.h"
#include "reports/usage_between.h"
#include "sources/missing_table.h"

#define OUTLOOK_PAIRS_AT_FIRST 1024

/* Takes in a row: a source of stage commitment. */
static void
outlook_read_source(const TupleTableSlot *row, void *context)
{
	Outlook *outlook = context;

	outlook->commitments = bms_add_member(outlook->commitments, DatumGetInt32(row->tts_values[0]));
}

/* Makes an outlook without bookings, with room for the months of a window. */
Outlook *
outlook_create(PeriodRange window, Metric metric)
{
	Outlook *outlook = palloc0(sizeof(Outlook));

	outlook->metric = metric;
	outlook->first_month = window.first_month;
	outlook->years = (window.end_month - window.first_month + 11) / 12;
	outlook->index = pair_index_create();
	outlook->room = OUTLOOK_PAIRS_AT_FIRST;
	outlook->pairs = palloc(outlook->room * sizeof(OutlookPair));
	outlook->readable = usage_readable_participants();
	query_visit_rows(missing_stage_query("commitment"), outlook_read_source, outlook);
	return outlook;
}

/* Returns what is known of a pair, a new one at first. Good until the next call for a newer one. */
OutlookPair *
outlook_pair(Outlook *outlook, Pair pair)
{
	int32 number = pair_index_add(outlook->index, pair);
	OutlookPair *entry;

	if (number < outlook->count)
		return &outlook->pairs[number];
	if (number == outlook->room)
	{
		outlook->room *= 2;
		outlook->pairs = repalloc_huge(outlook->pairs, (Size) outlook->room * sizeof(OutlookPair));
	}
	entry = &outlook->pairs[number];
	memset(entry, 0, sizeof(OutlookPair));
	entry->pair = pair;
	entry->first_booked = PG_INT32_MAX;
	entry->last_booked = PG_INT32_MIN;
	outlook->count++;
	return entry;
}

/* Returns what is known of a pair; NULL: nothing. */
OutlookPair *
outlook_find(const Outlook *outlook, Pair pair)
{
	int32 number = pair_index_find(outlook->index, pair);

	return number < 0 ? NULL : &outlook->pairs[number];
}
