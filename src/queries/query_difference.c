/*
 * query_difference.c
 *	  Booking tables that are not what their queries say: found for verify(), mended by repair().
 *
 * What no trigger saw makes them so: replica role, a disabled trigger, logical apply. A query is read in the name of
 * its owner, and where it cannot be, that is nobody else's matter.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "mapping/attempt.h"
#include "mapping/foreign_code.h"
#include "mapping/source.h"
#include "queries/booking_pairs.h"
#include "queries/query_difference.h"
#include "queries/query_lock.h"
#include "queries/query_store.h"
#include "rules/rulebook.h"

/* A source whose booking table is compared, and in how many rows it differs. */
typedef struct QueryDifference
{
	int32 source_id;
	int64 differences;
} QueryDifference;

/* Compares a booking table with its query. */
static void
query_difference_count(void *argument)
{
	QueryDifference *found = argument;
	BookingQuery *query = query_store_load(found->source_id);

	if (query != NULL)
		found->differences = booking_pairs_count(query);
}

PG_FUNCTION_INFO_V1(steering_query_differences);

/* query_differences(source_id): in how many rows a booking table differs from its query; null: it cannot be read. */
Datum
steering_query_differences(PG_FUNCTION_ARGS)
{
	QueryDifference found = {PG_GETARG_INT32(0)};

	foreign_code_refuse_reading();
	if (attempt(query_difference_count, &found) != NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT64(found.differences);
}

/* Makes a booking table what its query says. Nobody writes the tables of the query meanwhile. */
static void
query_difference_mend_one(void *argument)
{
	QueryDifference *found = argument;
	BookingQuery *query = query_store_load(found->source_id);

	if (query == NULL)
		return;
	query_lock_tables(query, ShareRowExclusiveLock);
	rulebook_enter_booking();
	booking_pairs_follow(query, QUERY_OF_ALL, 0, NULL, PAIRS_ACCEPTED);
}

/* Puts into the result of repair() what was mended. */
static void
query_difference_report(ReturnSetInfo *result, const Source *source, int64 differences)
{
	Datum values[] = {
		[0] = CStringGetTextDatum("query"),
		[2] = CStringGetTextDatum(source->name),
		[6] = CStringGetTextDatum("differences"),
		[7] = NumericGetDatum(int64_to_numeric(0)),
		[8] = NumericGetDatum(int64_to_numeric(differences)),
		[9] = NumericGetDatum(int64_to_numeric(differences)),
	};
	bool nulls[lengthof(values)] = {[1] = true, [3] = true, [4] = true, [5] = true};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Makes booking tables what their queries say, and books that, whatever caps say: it is so already. Puts them
 * into the result of repair(). One that cannot be read stays as it is; verify() tells of it.
 */
void
query_difference_mend(ReturnSetInfo *result)
{
	List *sources = source_list();
	ListCell *cell;

	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);
		QueryDifference found = {source->source_id};

		CHECK_FOR_INTERRUPTS();
		PushActiveSnapshot(GetLatestSnapshot());
		(void) attempt(query_difference_count, &found);
		PopActiveSnapshot();
		if (found.differences > 0 && attempt(query_difference_mend_one, &found) == NULL)
			query_difference_report(result, source, found.differences);
	}
}
