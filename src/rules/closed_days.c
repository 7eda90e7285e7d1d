/*
 * closed_days.c
 *	  The days on which what was spent may not change, since their period is closed: the rows of
 *	  steering.closing that were not reopened, as the latest snapshot shows them.
 *
 * They are structure, like caps and registers: the rulebook keeps them, and who closes or reopens a
 * period excludes bookings and makes all backends forget the rulebook.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "own.h"
#include "own_shape.h"
#include "own_size.h"
#include "registers/register_node.h"
#include "rules/closed_days.h"
#include "types/day_range.h"

/* Columns of steering.closing. */
enum
{
	CLOSING_ID = 1,
	CLOSING_DURING,
	CLOSING_CLOSED_AT,
	CLOSING_CLOSED_BY,
	CLOSING_REASON,
	CLOSING_REOPENED_AT
};

/* Orders closed periods by their first days, of those with the same one the longest first. */
static int
closed_range_compare(const void *a, const void *b)
{
	const ClosedRange *left = a;
	const ClosedRange *right = b;

	if (left->first_day != right->first_day)
		return left->first_day < right->first_day ? -1 : 1;
	return (left->end_day < right->end_day) - (left->end_day > right->end_day);
}

/* Reads a row of steering.closing; NULL: its period was reopened. */
static ClosedRange *
closed_range_read(HeapTuple tuple, TupleDesc desc)
{
	ClosedRange *range;
	bool isnull;

	(void) heap_getattr(tuple, CLOSING_REOPENED_AT, desc, &isnull);
	if (!isnull)
		return NULL;
	range = palloc(sizeof(ClosedRange));
	range->closing_id = DatumGetInt32(own_value(tuple, CLOSING_ID, desc));
	day_range_read(own_value(tuple, CLOSING_DURING, desc), &range->first_day, &range->end_day);
	range->closed_at = DatumGetTimestampTz(own_value(tuple, CLOSING_CLOSED_AT, desc));
	return range;
}

/* Reads the closed periods; NULL: there are none, or the extension is of a version without them. */
ClosedDays *
closed_days_load(void)
{
	List *ranges = NIL;
	ClosedDays *days;
	Relation rel;
	Snapshot snapshot;
	SysScanDesc scan;
	HeapTuple tuple;
	ListCell *cell;

	if (!own_has_relation(OWN_CLOSING) || own_is_empty(OWN_CLOSING))
		return NULL;
	rel = own_open(OWN_CLOSING, AccessShareLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		ClosedRange *range = closed_range_read(tuple, RelationGetDescr(rel));

		if (range != NULL)
			ranges = lappend(ranges, range);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	if (ranges == NIL)
		return NULL;

	days = palloc(offsetof(ClosedDays, ranges) + list_length(ranges) * sizeof(ClosedRange));
	days->count = 0;
	foreach(cell, ranges)
		days->ranges[days->count++] = *(ClosedRange *) lfirst(cell);
	qsort(days->ranges, days->count, sizeof(ClosedRange), closed_range_compare);

	/* Ranges may lie within each other: reach tells closed_days_find() how far to the left it has to look. */
	for (int i = 0; i < days->count; i++)
		days->ranges[i].reach = i == 0 ? days->ranges[i].end_day
									   : Max(days->ranges[i - 1].reach, days->ranges[i].end_day);
	return days;
}

/* Copies closed periods into the memory of context. */
ClosedDays *
closed_days_copy(MemoryContext context, const ClosedDays *days)
{
	Size size = offsetof(ClosedDays, ranges) + days->count * sizeof(ClosedRange);

	return memcpy(MemoryContextAlloc(context, size), days, size);
}

/* Returns the end of the last closed day. */
DateADT
closed_days_end(const ClosedDays *days)
{
	return days->ranges[days->count - 1].reach;
}

/*
 * Returns the closed period that a day lies in, or NULL. Where it lies in several, a year over its
 * months, that is the one which begins first: it is the first to be reopened.
 */
const ClosedRange *
closed_days_find(const ClosedDays *days, DateADT day)
{
	const ClosedRange *found = NULL;
	int low = 0;
	int high = days->count;

	/* Finds the first period that begins after the day: what holds the day stands before it. */
	Assert(days->count > 0);
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (day >= days->ranges[middle].first_day)
			low = middle + 1;
		else
			high = middle;
	}
	/* reach says when no period further to the left can hold it any more. */
	while (low > 0 && days->ranges[--low].reach > day)
		if (days->ranges[low].end_day > day)
			found = &days->ranges[low];
	Assert(found == NULL || (found->first_day <= day && day < found->end_day));
	return found;
}
