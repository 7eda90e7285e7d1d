/*
 * cap_list.c
 *	  The caps over a booking, read from steering.cap as the latest snapshot has them.
 *
 * The caps over one pair of entries stand over the pairs of all that is above the two, so finding them takes as
 * many look-ups in an index as their depths multiplied. Where there are few caps, the first pair's are picked
 * from all rows, which spares a new session the opening of indexes; who asks for more pairs, and where there are
 * not too many caps, is given what was read once and kept (cap_row.c).
 *
 * Whoever books under a cap needs its numbers next: they stand in the row that is being read, so they are
 * handed on (cap_figures.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "rules/cap_figures.h"
#include "rules/cap_list.h"

/* The caps over a service and a participant, while they are collected. */
typedef struct CapListSearch
{
	CapRowSearch rows; /* what is looked for */
	List *caps;        /* of CapRef */
} CapListSearch;

/* Orders caps by id. */
static int
cap_ref_compare(const void *a, const void *b)
{
	int32 left = ((const CapRef *) a)->cap_id;
	int32 right = ((const CapRef *) b)->cap_id;

	return (left > right) - (left < right);
}

/* Notes a cap over a service and a participant, and hands on its numbers. */
static void
cap_list_note(HeapTuple tuple, TupleDesc desc, int s, int p, void *argument)
{
	CapListSearch *search = argument;
	CapRef *cap = palloc(sizeof(CapRef));

	cap_row_read(tuple, desc, cap);
	search->caps = lappend(search->caps, cap);
	cap_figures_offer(tuple, desc, search->rows.service->codes[s],
					  search->rows.participant->codes[p]);
}

/* Collects the caps that stand over exactly the s-th and p-th entry of the ways up, by an index. */
static void
cap_list_collect(CapListSearch *search, Relation rel, Snapshot snapshot, int s, int p)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], CAP_SERVICE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(search->rows.service->path[s]));
	ScanKeyInit(&keys[1], CAP_PARTICIPANT, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(search->rows.participant->path[p]));
	scan = systable_beginscan(rel, own_relation(OWN_CAP_SCOPE_KEY), true, snapshot, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		cap_list_note(tuple, RelationGetDescr(rel), s, p, search);
	systable_endscan(scan);
}

/* Collects the caps over each pair of entries on the ways up. */
static void
cap_list_collect_all(CapListSearch *search, Relation rel, Snapshot snapshot)
{
	for (int s = 0; s < search->rows.service->depth; s++)
		for (int p = 0; p < search->rows.participant->depth; p++)
			cap_list_collect(search, rel, snapshot, s, p);
}

/* Reads the caps that are looked for from the table, by what is known of all its rows or else by an index. */
static void
cap_list_read(CapListSearch *search, const CapRows *rows)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());

	if (rows == NULL || !cap_rows_visit(&search->rows, rows, rel, snapshot))
	{
		search->caps = NIL;
		cap_list_collect_all(search, rel, snapshot);
	}
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
}

/* Makes a sorted CapList of a list of CapRefs, in the memory of context. */
static CapList *
cap_list_make(MemoryContext context, List *caps)
{
	CapList *list =
		MemoryContextAlloc(context, offsetof(CapList, caps) + list_length(caps) * sizeof(CapRef));
	ListCell *cell;

	list->count = 0;
	foreach(cell, caps)
		list->caps[list->count++] = *(CapRef *) lfirst(cell);
	qsort(list->caps, list->count, sizeof(CapRef), cap_ref_compare);
	return list;
}

/*
 * Returns the caps over a service and a participant, of all dates, in the memory of context. rows is what is known
 * of all rows, or NULL.
 */
CapList *
cap_list_load(MemoryContext context, const CapRows *rows, const RegisterNode *service,
			  const RegisterNode *participant)
{
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering caps", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	CapListSearch search = {{service, participant, cap_list_note, &search}, NIL};
	CapList *list;

	cap_list_read(&search, rows);
	list = cap_list_make(context, search.caps);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	return list;
}

/* Returns the highest id of a cap; 0: there is none. */
int32
cap_list_last(void)
{
	NewCap last = {0};

	(void) cap_list_read_new(0, &last, 1);
	return last.cap_id;
}

/* Reads up to limit caps with ids above after, from the highest down. Returns how many. */
int
cap_list_read_new(int32 after, NewCap *caps, int limit)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	Relation index = index_open(own_relation(OWN_CAP_PKEY), AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	int count = 0;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, CAP_ID, BTGreaterStrategyNumber, F_INT4GT, Int32GetDatum(after));
	scan = systable_beginscan_ordered(rel, index, snapshot, 1, &key);
	while (count < limit &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, BackwardScanDirection)))
	{
		TupleDesc desc = RelationGetDescr(rel);
		NewCap *cap = &caps[count++];

		cap->cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
		cap->service_id = DatumGetInt32(own_value(tuple, CAP_SERVICE, desc));
		cap->participant_id = DatumGetInt32(own_value(tuple, CAP_PARTICIPANT, desc));
	}
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
	return count;
}
