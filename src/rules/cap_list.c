/*
 * cap_list.c
 *	  The caps over a booking, read from steering.cap as the latest snapshot has them.
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
#include "rules/cap_list.h"

/* Orders caps by id. */
static int
cap_ref_compare(const void *a, const void *b)
{
	int32 left = ((const CapRef *) a)->cap_id;
	int32 right = ((const CapRef *) b)->cap_id;

	return (left > right) - (left < right);
}

/* Appends the caps that stand over exactly this pair of entries. */
static void
cap_list_collect(Relation rel, Snapshot snapshot, int32 service_id, int32 participant_id,
				 List **caps)
{
	TupleDesc desc = RelationGetDescr(rel);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], CAP_SERVICE, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(service_id));
	ScanKeyInit(&keys[1], CAP_PARTICIPANT, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(participant_id));
	scan = systable_beginscan(rel, own_relation(OWN_CAP_SCOPE_KEY), true, snapshot, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CapRef *cap = palloc(sizeof(CapRef));

		cap->cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
		cap->metric = metric_of(own_value(tuple, CAP_METRIC, desc));
		register_node_read_range(own_value(tuple, CAP_DURING, desc), &cap->first_day,
								 &cap->end_day);
		*caps = lappend(*caps, cap);
	}
	systable_endscan(scan);
}

/* Reads the caps over a service and a participant: over each pair of entries on their ways up. */
static List *
cap_list_read(const RegisterNode *service, const RegisterNode *participant)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	List *caps = NIL;

	for (int s = 0; s < service->depth; s++)
		for (int p = 0; p < participant->depth; p++)
			cap_list_collect(rel, snapshot, service->path[s], participant->path[p], &caps);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return caps;
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

/* Returns the caps over a service and a participant, of all dates, in the memory of context. */
CapList *
cap_list_load(MemoryContext context, const RegisterNode *service, const RegisterNode *participant)
{
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "sp71_steering caps", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	CapList *list = cap_list_make(context, cap_list_read(service, participant));

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	return list;
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
