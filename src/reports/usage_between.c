/*
 * usage_between.c
 *	  What was booked in a range of months, summed for each service and participant.
 *
 * The sums of steering.usage_between() are in the memory of the call, one for each service and
 * participant with bookings. Its result is in a tuplestore, which goes to disk when work_mem is full.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "reports/kept_reading.h"
#include "reports/usage_between.h"

#define USAGE_TOTALS_AT_FIRST 1024

/* Columns of the result. */
enum
{
	BETWEEN_SERVICE,
	BETWEEN_PARTICIPANT,
	BETWEEN_ACTUAL,
	BETWEEN_COMMITTED,
	BETWEEN_VOLUME,
	BETWEEN_COMMITTED_VOLUME,
	BETWEEN_BOOKINGS,
	BETWEEN_COLUMNS
};

/* Makes an array of sums in the current context. */
UsageTotals *
usage_totals_create(void)
{
	UsageTotals *totals = palloc0(sizeof(UsageTotals));

	totals->pairs = pair_index_create();
	totals->room = USAGE_TOTALS_AT_FIRST;
	totals->list = palloc(totals->room * sizeof(UsageTotal));
	return totals;
}

/* Returns the number of the sum of a pair; a new one is zero. */
int32
usage_total_of(UsageTotals *totals, Pair pair)
{
	int32 index = pair_index_add(totals->pairs, pair);

	if (index < totals->count)
		return index;
	if (index == totals->room)
	{
		totals->room *= 2;
		totals->list = repalloc_huge(totals->list, (Size) totals->room * sizeof(UsageTotal));
	}
	memset(&totals->list[index], 0, sizeof(UsageTotal));
	totals->list[index].pair = pair;
	totals->count++;
	return index;
}

/*
 * Adds parts of cells to the sums of their services and participants. The sums are spread over more
 * memory than caches hold, so those of a whole batch are asked for before the first one is needed.
 */
void
usage_sum_parts(const UsagePart *parts, int count, void *context)
{
	UsageTotals *totals = context;
	int32 indexes[USAGE_BATCH];

	for (int i = 0; i < count; i++)
	{
		indexes[i] = usage_total_of(totals, parts[i].pair);
		__builtin_prefetch(&totals->list[indexes[i]], 1);
	}
	for (int i = 0; i < count; i++)
	{
		UsageTotal *total = &totals->list[indexes[i]];
		UsageSum *sum = parts[i].is_commitment ? &total->committed : &total->actual;

		sum->amount += parts[i].usage.amount;
		sum->volume += parts[i].usage.volume;
		sum->bookings += parts[i].usage.bookings;
	}
}

/* Sums what the present role may read of a range of months; of a page, what it has summed. */
static UsageTotals *
usage_between_sum(DateADT first_month, DateADT end_month)
{
	char *name = psprintf("usage from %d to %d, for %u", first_month, end_month, GetUserId());
	UsageTotals *totals = kept_reading_find(name);
	MemoryContext caller;

	if (totals != NULL)
		return totals;
	caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
	totals = usage_totals_create();
	usage_visit(first_month, end_month, usage_readable_participants(), usage_sum_parts, totals);
	kept_reading_add(name, totals);
	MemoryContextSwitchTo(caller);
	return totals;
}

/* Puts out a sum, unless nothing was booked. One that does not fit is an error (22003). */
static void
usage_put(ReturnSetInfo *result, const UsageTotal *total)
{
	Usage actual = usage_narrow(&total->actual);
	Usage committed = usage_narrow(&total->committed);
	Datum values[BETWEEN_COLUMNS];
	bool nulls[BETWEEN_COLUMNS] = {false};

	if (actual.bookings == 0 && committed.bookings == 0)
		return;
	values[BETWEEN_SERVICE] = Int32GetDatum(total->pair.service_id);
	values[BETWEEN_PARTICIPANT] = Int32GetDatum(total->pair.participant_id);
	values[BETWEEN_ACTUAL] = AmountGetDatum(actual.amount);
	values[BETWEEN_COMMITTED] = AmountGetDatum(committed.amount);
	values[BETWEEN_VOLUME] = AmountGetDatum(actual.volume);
	values[BETWEEN_COMMITTED_VOLUME] = AmountGetDatum(committed.volume);
	values[BETWEEN_BOOKINGS] = Int64GetDatum(actual.bookings + committed.bookings);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_usage_between);

/* usage_between(first_month date, end_month date) */
Datum
steering_usage_between(PG_FUNCTION_ARGS)
{
	DateADT first_month = PG_ARGISNULL(0) ? DATEVAL_NOBEGIN : PG_GETARG_DATEADT(0);
	DateADT end_month = PG_ARGISNULL(1) ? DATEVAL_NOEND : PG_GETARG_DATEADT(1);
	UsageTotals *totals;

	InitMaterializedSRF(fcinfo, 0);
	totals = usage_between_sum(first_month, end_month);
	for (int i = 0; i < totals->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		usage_put((ReturnSetInfo *) fcinfo->resultinfo, &totals->list[i]);
	}
	return (Datum) 0;
}
