/*
 * outlook_booked.c
 *	  Bookings of a part of a month, which an outlook on a day within it takes in.
 *
 * They are read from the finance tables, which takes far longer than to take them in: of a page once for all of its outlooks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"

#include "outlook/outlook.h"
#include "reports/kept_reading.h"
#include "reports/query_rows.h"
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
	BOOKED_UNREADABLE,
	BOOKED_COLUMNS
};

/* What a source has of a pair. */
typedef struct Booked
{
	int32 source_id;
	Pair pair;
	Usage usage;
} Booked;

typedef struct BookedList
{
	Bitmapset *unreadable; /* sources that could not be read */
	int64 count;
	Booked *list;
} BookedList;

/* Adds what a source has of a pair in a part of a month. */
static void
booked_add(Outlook *outlook, const Booked *booked)
{
	Amount amount = metric_usage(outlook->metric, &booked->usage);
	OutlookPair *entry;

	if (!bms_is_member(booked->pair.participant_id, outlook->readable))
		return;
	entry = outlook_pair(outlook, booked->pair);
	entry->last_booked = PG_INT32_MAX;
	if (bms_is_member(booked->source_id, outlook->commitments))
		entry->committed.part = amount_add(entry->committed.part, amount);
	else
		entry->actual.part = amount_add(entry->actual.part, amount);
}

/* Returns what a row says; values are the columns of OUTLOOK_BOOKED. */
static Booked
booked_of(const Datum *values)
{
	Booked booked = {.source_id = DatumGetInt32(values[BOOKED_SOURCE]),
					 .usage.amount = DatumGetAmount(values[BOOKED_AMOUNT]),
					 .usage.volume = DatumGetAmount(values[BOOKED_VOLUME])};

	booked.pair.service_id = DatumGetInt32(values[BOOKED_SERVICE]);
	booked.pair.participant_id = DatumGetInt32(values[BOOKED_PARTICIPANT]);
	return booked;
}

/* Takes in what is stored of a month. */
static void
booked_read_stored(const TupleTableSlot *row, void *context)
{
	Booked booked = booked_of(row->tts_values);

	booked_add(context, &booked);
}

/*
 * Takes a source that cannot be read as it is stored: on which days of the month its bookings are, nobody
 * knows, and no bookings at all would be a worse answer.
 */
static void
booked_add_unreadable(Outlook *outlook, int32 source_id, DateADT month)
{
	query_visit_rows(
		psprintf("SELECT service_id, participant_id, source_id, amount, volume"
				 " FROM steering.usage_now WHERE source_id = %d AND month = '%s' AND bookings <> 0",
				 source_id, day_shown(month)),
		booked_read_stored, outlook);
}

/* Returns the rows of the query on a part of a month, in the memory that is given. */
static BookedList *
booked_list(MemoryContext memory)
{
	MemoryContext spi = MemoryContextSwitchTo(memory);
	BookedList *booked = palloc0(sizeof(BookedList));
	Datum values[BOOKED_COLUMNS];
	bool nulls[BOOKED_COLUMNS];

	booked->list = palloc_extended(Max(SPI_processed, 1) * sizeof(Booked), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		if (DatumGetBool(values[BOOKED_UNREADABLE]))
			booked->unreadable =
				bms_add_member(booked->unreadable, DatumGetInt32(values[BOOKED_SOURCE]));
		else
			booked->list[booked->count++] = booked_of(values);
	}
	MemoryContextSwitchTo(spi);
	return booked;
}

/* The bookings of some days. READER is a function that reads them, UNREADABLE what it says of a source. */
#define OUTLOOK_BOOKED(READER, UNREADABLE)                                                         \
	"SELECT booked.service_id, booked.participant_id, booked.source_id,"                           \
	" steering.sum(booked.amount), steering.sum(booked.volume), " UNREADABLE " FROM " READER       \
	" AS booked"                                                                                   \
	" GROUP BY booked.service_id, booked.participant_id, booked.source_id"

/* Reads the bookings from a day to another one, both included, in the name of the caller. */
static BookedList *
booked_read(DateADT first_day, DateADT last_day)
{
	const char *query =
		source_reading_is_installed()
			? OUTLOOK_BOOKED("steering.booking_read($1, $2)", "pg_catalog.bool_or(unreadable)")
			: OUTLOOK_BOOKED("steering.booking_scan($1, $2)", "false");
	Oid types[] = {DATEOID, DATEOID};
	Datum days[] = {DateADTGetDatum(first_day), DateADTGetDatum(last_day + 1)};
	MemoryContext caller = CurrentMemoryContext;
	BookedList *booked;
	int result;

	SPI_connect();
	result = SPI_execute_with_args(query, lengthof(types), types, days, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	booked = booked_list(kept_reading_memory(caller));
	SPI_finish();
	MemoryContextSwitchTo(caller);
	return booked;
}

/* Takes in the bookings from a day to another one, both included. */
void
outlook_read_bookings(Outlook *outlook, DateADT first_day, DateADT last_day)
{
	char *name = psprintf("bookings from %d to %d, for %u", first_day, last_day, GetUserId());
	BookedList *booked = kept_reading_find(name);

	if (booked == NULL)
	{
		booked = booked_read(first_day, last_day);
		kept_reading_add(name, booked);
	}
	for (int64 i = 0; i < booked->count; i++)
		booked_add(outlook, &booked->list[i]);
	for (int id = -1; (id = bms_next_member(booked->unreadable, id)) >= 0;)
		booked_add_unreadable(outlook, id, first_day);
}
