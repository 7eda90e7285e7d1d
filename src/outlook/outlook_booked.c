/*
 * outlook_booked.c
 *	  Bookings of a part of a month, which an outlook on a day within it takes in.
 *
 * They are read from the finance tables, which takes far longer than to take them in: of a page once for all of its outlooks. They
 * are added up here: to group them by SQL takes longer than to read them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "nodes/elsewhere.h"
#include "outlook/outlook.h"
#include "reports/kept_reading.h"
#include "reports/query_rows.h"
#include "reports/usage_between.h"
#include "sources/source_reading.h"
#include "types/shown.h"

/* Columns of the query on the bookings of a month. */
enum
{
	BOOKED_SERVICE,
	BOOKED_PARTICIPANT,
	BOOKED_SOURCE,
	BOOKED_AMOUNT,
	BOOKED_VOLUME,
	BOOKED_UNREADABLE
};

/* What was booked. */
typedef struct Booked
{
	const Bitmapset *commitments; /* sources of this stage, while rows come */
	Bitmapset *unreadable;        /* sources that could not be read */
	UsageTotals *totals;
} Booked;

/* Adds a booking to the sums; bookings of sources that could not be read are none. */
static void
booked_add_row(const TupleTableSlot *row, Booked *booked)
{
	int32 source_id = DatumGetInt32(row->tts_values[BOOKED_SOURCE]);
	UsagePart part = {.usage.amount = DatumGetAmount(row->tts_values[BOOKED_AMOUNT]),
					  .usage.volume = DatumGetAmount(row->tts_values[BOOKED_VOLUME]),
					  .is_commitment = bms_is_member(source_id, booked->commitments)};

	part.pair.service_id = DatumGetInt32(row->tts_values[BOOKED_SERVICE]);
	part.pair.participant_id = DatumGetInt32(row->tts_values[BOOKED_PARTICIPANT]);
	usage_sum_parts(&part, 1, booked->totals);
}

/* Takes in a row of the query. */
static void
booked_read_row(const TupleTableSlot *row, void *context)
{
	Booked *booked = context;

	CHECK_FOR_INTERRUPTS();
	if (DatumGetBool(row->tts_values[BOOKED_UNREADABLE]))
		booked->unreadable =
			bms_add_member(booked->unreadable, DatumGetInt32(row->tts_values[BOOKED_SOURCE]));
	else
		booked_add_row(row, booked);
}

/* The bookings of some days since 2000-01-01. READER is a function that reads them, UNREADABLE what it says of a source. */
#define OUTLOOK_BOOKED(READER, UNREADABLE)                                                         \
	"SELECT service_id, participant_id, source_id, amount, volume, " UNREADABLE                    \
	" FROM steering." READER "(date '2000-01-01' + %d, date '2000-01-01' + %d)"

/* Takes in the bookings of other nodes from a day to another one, both included, where reports show them. */
static void
booked_read_elsewhere(Booked *booked, DateADT first_day, DateADT last_day)
{
	const ElsewhereCells *days = elsewhere_days(first_day, last_day + 1);

	for (uint64 i = 0; i < days->count; i++)
	{
		const ElsewhereCell *day = &days->list[i];
		UsagePart part = {.usage = day->usage,
						  .pair = {day->service_id, day->participant_id},
						  .is_commitment = day->is_commitment};

		CHECK_FOR_INTERRUPTS();
		usage_sum_parts(&part, 1, booked->totals);
	}
}

/* Reads the bookings from a day to another one, both included, in the name of the caller. */
static Booked *
booked_read(const Outlook *outlook, DateADT first_day, DateADT last_day)
{
	const char *query = source_reading_is_installed() ? OUTLOOK_BOOKED("booking_read", "unreadable")
													  : OUTLOOK_BOOKED("booking_scan", "false");
	Booked *booked = palloc0(sizeof(Booked));

	booked->commitments = outlook->commitments;
	booked->totals = usage_totals_create();
	query_visit_rows_as_caller(psprintf(query, first_day, last_day + 1), booked_read_row, booked);
	booked_read_elsewhere(booked, first_day, last_day);
	return booked;
}

/* Adds what was booked on a pair in a part of a month. */
static void
booked_add(Outlook *outlook, const UsageTotal *total)
{
	Usage actual = usage_narrow(&total->actual);
	Usage committed = usage_narrow(&total->committed);
	OutlookPair *entry;

	if (!bms_is_member(total->pair.participant_id, outlook->readable))
		return;
	entry = outlook_pair(outlook, total->pair);
	entry->last_booked = PG_INT32_MAX;
	entry->actual.part = amount_add(entry->actual.part, metric_usage(outlook->metric, &actual));
	entry->committed.part =
		amount_add(entry->committed.part, metric_usage(outlook->metric, &committed));
}

/* Adds all that was booked. */
static void
booked_add_all(Outlook *outlook, const UsageTotals *totals)
{
	for (int i = 0; i < totals->count; i++)
		booked_add(outlook, &totals->list[i]);
}

/* Takes in what is stored of a month. */
static void
booked_read_stored(const TupleTableSlot *row, void *context)
{
	booked_add_row(row, context);
}

/*
 * Takes a source that cannot be read as it is stored: on which days of the month its bookings are, nobody
 * knows, and no bookings at all would be a worse answer.
 */
static void
booked_add_unreadable(Outlook *outlook, int32 source_id, DateADT month)
{
	Booked stored = {.commitments = outlook->commitments, .totals = usage_totals_create()};

	query_visit_rows(
		psprintf("SELECT service_id, participant_id, source_id, amount, volume"
				 " FROM steering.%s WHERE source_id = %d AND month = '%s' AND bookings <> 0",
				 elsewhere_cells_here(), source_id, day_shown(month)),
		booked_read_stored, &stored);
	booked_add_all(outlook, stored.totals);
}

/* Takes in the bookings from a day to another one, both included. */
void
outlook_read_bookings(Outlook *outlook, DateADT first_day, DateADT last_day)
{
	char *name = psprintf("bookings from %d to %d, for %u", first_day, last_day, GetUserId());
	Booked *booked = kept_reading_find(name);
	MemoryContext caller;

	if (booked == NULL)
	{
		caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
		booked = booked_read(outlook, first_day, last_day);
		kept_reading_add(name, booked);
		MemoryContextSwitchTo(caller);
	}
	booked_add_all(outlook, booked->totals);
	for (int id = -1; (id = bms_next_member(booked->unreadable, id)) >= 0;)
		booked_add_unreadable(outlook, id, first_day);
}
