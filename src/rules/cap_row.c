/*
 * cap_row.c
 *	  Rows of steering.cap: what they say of structure, and all of them in memory, while there are few.
 *
 * The rows are kept as they are, with what they stand over beside them, and looked through from first to last:
 * for the some thousands that there can be, that takes less than a booking. They have a memory context of their
 * own, which the rulebook keeps for as long as no cap is added or revised.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "rules/cap_row.h"

/* Reads what a row says of structure. */
void
cap_row_read(HeapTuple tuple, TupleDesc desc, CapRef *cap)
{
	cap->cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
	cap->metric = metric_of(own_value(tuple, CAP_METRIC, desc));
	register_node_read_range(own_value(tuple, CAP_DURING, desc), &cap->first_day, &cap->end_day);
}

/* Returns what a row begins with; NULL: somebody has forced a null into it, so that it stands over nothing. */
static inline const CapRowKey *
cap_row_key(HeapTuple tuple, TupleDesc desc)
{
	if (unlikely(HeapTupleHasNulls(tuple)) &&
		(heap_attisnull(tuple, CAP_ID, desc) || heap_attisnull(tuple, CAP_SERVICE, desc) ||
		 heap_attisnull(tuple, CAP_PARTICIPANT, desc)))
		return NULL;
	return (const CapRowKey *) GETSTRUCT(tuple);
}

/* Returns the place of an entry on a way up; -1: it is not there. */
static inline int
cap_row_place(const RegisterNode *node, int32 id)
{
	for (int i = 0; i < node->depth; i++)
		if (node->path[i] == id)
			return i;
	return -1;
}

/* Visits a row if its cap is looked for. */
static inline void
cap_row_offer(const CapRowSearch *search, HeapTuple tuple, TupleDesc desc, const CapRowKey *key)
{
	int s = cap_row_place(search->service, key->service_id);
	int p = s < 0 ? -1 : cap_row_place(search->participant, key->participant_id);

	if (p >= 0)
		search->visitor(tuple, desc, s, p, search->argument);
}

/*
 * Visits the rows of the caps that are looked for, among all in the table as a snapshot shows it. Returns the
 * highest id of a cap; 0: there is none.
 */
int32
cap_row_visit(const CapRowSearch *search, Relation rel, Snapshot snapshot)
{
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL, 0);
	TupleDesc desc = RelationGetDescr(rel);
	int32 last_cap = 0;
	HeapTuple tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		const CapRowKey *key = cap_row_key(tuple, desc);

		CHECK_FOR_INTERRUPTS();
		if (key == NULL)
			continue;
		last_cap = Max(last_cap, key->cap_id);
		cap_row_offer(search, tuple, desc, key);
	}
	table_endscan(scan);
	return last_cap;
}

/* A row in memory. */
typedef struct CapRow
{
	CapRowKey key;
	HeapTuple tuple;
} CapRow;

struct CapRows
{
	MemoryContext context; /* holds all of this */
	TupleDesc desc;
	CapRow *rows;
	int count;
	int room;
};

/* Adds a row. */
static inline void
cap_rows_add(CapRows *rows, HeapTuple tuple)
{
	const CapRowKey *key = cap_row_key(tuple, rows->desc);

	if (key == NULL)
		return;
	if (rows->count == rows->room)
	{
		rows->room *= 2;
		rows->rows = repalloc(rows->rows, rows->room * sizeof(CapRow));
	}
	rows->rows[rows->count].key = *key;
	rows->rows[rows->count++].tuple = heap_copytuple(tuple);
}

/* Reads all rows of steering.cap into the present context, which is their own. */
static CapRows *
cap_rows_read(Relation rel)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL, 0);
	CapRows *rows = palloc0(sizeof(CapRows));
	HeapTuple tuple;

	rows->context = CurrentMemoryContext;
	rows->desc = CreateTupleDescCopy(RelationGetDescr(rel));
	rows->room = 256;
	rows->rows = palloc(rows->room * sizeof(CapRow));
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		cap_rows_add(rows, tuple);
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return rows;
}

/* Reads all rows of steering.cap into a context below parent; NULL: for so many look-ups, they are too many. */
CapRows *
cap_rows_load(MemoryContext parent, int lookups)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	CapRows *rows = NULL;

	if (own_is_worth_reading(rel, lookups))
	{
		MemoryContext context = GenerationContextCreate(CurrentMemoryContext, "sp71_steering caps",
														ALLOCSET_DEFAULT_SIZES);
		MemoryContext caller = MemoryContextSwitchTo(context);

		rows = cap_rows_read(rel);
		MemoryContextSetParent(context, parent);
		MemoryContextSwitchTo(caller);
	}
	table_close(rel, AccessShareLock);
	return rows;
}

/* Forgets rows. */
void
cap_rows_free(CapRows *rows)
{
	MemoryContextDelete(rows->context);
}

/* Visits the rows of the caps that are looked for, among those in memory. */
void
cap_rows_visit(const CapRowSearch *search, const CapRows *rows)
{
	for (int i = 0; i < rows->count; i++)
		cap_row_offer(search, rows->rows[i].tuple, rows->desc, &rows->rows[i].key);
}
