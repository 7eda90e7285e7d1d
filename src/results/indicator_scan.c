/*
 * indicator_scan.c
 *	  Targets and measurements of a range of months: visits what they come to, for each indicator and
 *	  participant.
 *
 * One pass through steering.target and one through steering.measurement, as usage_visit() makes
 * through usage: reports ask for a year, which is most of them. All is read under the active
 * snapshot. What is known is in the memory context of the caller, one IndicatorResult and its targets
 * for each indicator and participant.
 */
#include "sp71_steering.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "results/indicator_scan.h"
#include "types/calendar.h"

#define RESULTS_AT_FIRST 1024
#define ROWS_AT_ONCE 64

typedef struct ResultKey
{
	int32 indicator_id;
	int32 participant_id;
} ResultKey;

/* A row of steering.target or of steering.measurement: all columns are of fixed width. */
typedef struct MonthsRow
{
	Amount value;
	ResultKey key;
	DateADT first_day;
	DateADT end_day;
} MonthsRow;

/* Where in the list of results an indicator and a participant have their place. */
typedef struct ResultPlace
{
	ResultKey key;
	char status;
	int32 index;
} ResultPlace;

#define SH_PREFIX places
#define SH_ELEMENT_TYPE ResultPlace
#define SH_KEY_TYPE ResultKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k)                                                                         \
	hash_combine(murmurhash32((uint32) (k).indicator_id), murmurhash32((uint32) (k).participant_id))
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).indicator_id == (b).indicator_id && (a).participant_id == (b).participant_id)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What is asked for, and what is known of it. */
typedef struct ResultScan
{
	DateADT first_day;
	DateADT end_day;
	PeriodRange months;
	const Bitmapset *participants;
	IndicatorList *indicators;
	places_hash *places;
	IndicatorResult *results; /* one for each place, in an array that grows */
	int32 room;
	int32 gathered;
	MonthsRow rows[ROWS_AT_ONCE];
} ResultScan;

/* Returns the months from a first day until before an end day; 22023 when they do not begin months. */
PeriodRange
months_between(DateADT first_day, DateADT end_day)
{
	if (!calendar_begins_month(first_day) || !calendar_begins_month(end_day))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("first_day and end_day must be first days of months")));
	return (PeriodRange){calendar_month(first_day), calendar_month(end_day)};
}

/* Returns the months of a row, which are often those of the row before. */
static inline PeriodRange
row_months(const MonthsRow *row, const MonthsRow *before, PeriodRange months_before)
{
	if (before != NULL && row->first_day == before->first_day && row->end_day == before->end_day)
		return months_before;
	return (PeriodRange){calendar_month(row->first_day), calendar_month(row->end_day)};
}

/* Returns the place of the result for the indicator and participant of a row, which may be new. */
static inline int32
scan_place(ResultScan *scan, ResultKey key)
{
	bool found;
	ResultPlace *place = places_insert(scan->places, key, &found);

	if (!found)
	{
		place->index = scan->places->members - 1;
		if (place->index == scan->room)
		{
			scan->room *= 2;
			scan->results =
				repalloc_huge(scan->results, (Size) scan->room * sizeof(IndicatorResult));
		}
		scan->results[place->index] =
			(IndicatorResult){.participant_id = key.participant_id,
							  .indicator = indicator_list_find(scan->indicators, key.indicator_id)};
	}
	return place->index;
}

/*
 * Takes in the rows that were gathered. Results are spread over more memory than caches hold, so all
 * that will be needed are asked for before the first one is. Rows without an indicator, which only a
 * superuser can make, count for nothing.
 */
static void
scan_add_rows(ResultScan *scan, OwnRelation which)
{
	int32 places[ROWS_AT_ONCE];
	PeriodRange months = {0, 0};

	for (int i = 0; i < scan->gathered; i++)
	{
		places[i] = scan_place(scan, scan->rows[i].key);
		__builtin_prefetch(&scan->results[places[i]], 1);
	}
	for (int i = 0; i < scan->gathered; i++)
	{
		const MonthsRow *row = &scan->rows[i];
		IndicatorResult *result = &scan->results[places[i]];

		months = row_months(row, i == 0 ? NULL : row - 1, months);
		if (result->indicator == NULL)
			continue;
		if (which == OWN_TARGET)
			result_add_target(result, months, row->value);
		else
			result_add_measurement(result, months, row->value);
	}
	scan->gathered = 0;
}

/* Tells whether a target has a month in the range, or a measurement lies in it, and is asked for. */
static inline bool
scan_wants(const ResultScan *scan, OwnRelation which, const MonthsRow *row)
{
	if (which == OWN_TARGET ? row->first_day >= scan->end_day || row->end_day <= scan->first_day
							: row->first_day < scan->first_day || row->end_day > scan->end_day)
		return false;
	return bms_is_member(row->key.participant_id, scan->participants);
}

/* Reads all rows of steering.target or of steering.measurement. */
static void
scan_rows(ResultScan *scan, OwnRelation which)
{
	Relation rel = own_open(which, AccessShareLock);
	TableScanDesc rows = table_beginscan(rel, GetActiveSnapshot(), 0, NULL, 0);
	HeapTuple tuple;

	while ((tuple = heap_getnext(rows, ForwardScanDirection)) != NULL)
	{
		const MonthsRow *row = (const MonthsRow *) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		own_check_row(tuple, RelationGetDescr(rel));
		if (scan_wants(scan, which, row))
		{
			scan->rows[scan->gathered++] = *row;
			if (scan->gathered == ROWS_AT_ONCE)
				scan_add_rows(scan, which);
		}
	}
	scan_add_rows(scan, which);
	table_endscan(rows);
	table_close(rel, NoLock);
}

/*
 * Visits what is known of every indicator for these participants, from first_day until before end_day,
 * which are to be first days of months (22023): where a target has a month in the range, or a
 * measurement lies in it. In no order.
 */
void
indicator_visit(DateADT first_day, DateADT end_day, const Bitmapset *participants,
				IndicatorVisitor visit, void *context)
{
	ResultScan scan = {.first_day = first_day,
					   .end_day = end_day,
					   .months = months_between(first_day, end_day),
					   .participants = participants,
					   .room = RESULTS_AT_FIRST};

	scan.indicators = indicator_list_load();
	scan.places = places_create(CurrentMemoryContext, RESULTS_AT_FIRST, NULL);
	scan.results = palloc(scan.room * sizeof(IndicatorResult));
	scan_rows(&scan, OWN_TARGET);
	scan_rows(&scan, OWN_MEASUREMENT);
	for (uint32 i = 0; i < scan.places->members; i++)
	{
		const IndicatorResult *result = &scan.results[i];
		ResultFigures figures;

		CHECK_FOR_INTERRUPTS();
		if (result->indicator == NULL)
			continue;
		figures = result_figures(result, scan.months);
		visit(result->indicator, result->participant_id, &figures, context);
	}
}
