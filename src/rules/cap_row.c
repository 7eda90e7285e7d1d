/*
 * cap_row.c
 *	  Rows of steering.cap: what they say of structure, and what all of them stand over, while there are few.
 *
 * Of each row is kept what it stands over and where it is. That is looked through from first to last: for the
 * some thousands that there can be, it takes less than a booking. The rows themselves are fetched when they are
 * looked for. The rulebook keeps this for as long as no cap is added or revised; a row that has moved since is
 * noticed, and so is another one in its place.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "own_size.h"
#include "rules/cap_row.h"
#include "types/day_range.h"

/* Raises that there is no cap with this number. */
void
cap_not_found(int32 cap_id)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("cap %d does not exist", cap_id),
					errhint("The caps are listed in steering.cap_status.")));
}

/* Reads what a row says of structure. */
void
cap_row_read(HeapTuple tuple, TupleDesc desc, CapRef *cap)
{
	cap->cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
	cap->metric = metric_of(own_value(tuple, CAP_METRIC, desc));
	day_range_read(own_value(tuple, CAP_DURING, desc), &cap->first_day, &cap->end_day);
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

/* What a row stands over, and where it is. */
typedef struct CapRow
{
	CapRowKey key;
	ItemPointerData place;
} CapRow;

struct CapRows
{
	int32 last_cap; /* the highest id; 0: there is no cap */
	int count;
	int room;
	CapRow *rows;
};

#define CAP_ROWS_PER_BLOCK 80 /* about: their names are short */

/* Adds a row. */
static inline void
cap_rows_add(CapRows *rows, HeapTuple tuple, TupleDesc desc)
{
	const CapRowKey *key = cap_row_key(tuple, desc);

	if (key == NULL)
		return;
	if (rows->count == rows->room)
	{
		rows->room *= 2;
		rows->rows = repalloc(rows->rows, rows->room * sizeof(CapRow));
	}
	rows->rows[rows->count].key = *key;
	rows->rows[rows->count++].place = tuple->t_self;
	rows->last_cap = Max(rows->last_cap, key->cap_id);
}

/* Reads all rows of steering.cap as the latest snapshot has them. */
static CapRows *
cap_rows_read(Relation rel)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL, 0);
	CapRows *rows = palloc0(sizeof(CapRows));
	HeapTuple tuple;

	rows->room = (RelationGetNumberOfBlocks(rel) + 1) * CAP_ROWS_PER_BLOCK;
	rows->rows = palloc(rows->room * sizeof(CapRow));
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		cap_rows_add(rows, tuple, RelationGetDescr(rel));
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return rows;
}

/*
 * Reads what all rows of steering.cap stand over, into the memory of context; NULL: for so many look-ups, they
 * are too many. An error on the way leaves nothing there but memory, which goes with the context.
 */
CapRows *
cap_rows_load(MemoryContext context, int lookups)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	CapRows *rows = NULL;

	if (own_is_worth_reading(rel, lookups))
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		rows = cap_rows_read(rel);
		MemoryContextSwitchTo(caller);
	}
	table_close(rel, AccessShareLock);
	return rows;
}

/* Forgets what was read. */
void
cap_rows_free(CapRows *rows)
{
	pfree(rows->rows);
	pfree(rows);
}

/* Returns the highest id of a cap; 0: there is none. */
int32
cap_rows_last(const CapRows *rows)
{
	return rows->last_cap;
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

/* Visits a row where it was; false: it is not there any more. */
static bool
cap_row_fetch(const CapRowSearch *search, const CapRow *row, int s, int p, Relation rel,
			  Snapshot snapshot)
{
	HeapTupleData tuple = {.t_self = row->place};
	const CapRowKey *key = NULL;
	Buffer buffer;

	if (heap_fetch(rel, snapshot, &tuple, &buffer, false))
		key = cap_row_key(&tuple, RelationGetDescr(rel));
	else
		return false;
	if (key != NULL && memcmp(key, &row->key, sizeof(CapRowKey)) != 0)
		key = NULL;
	if (key != NULL)
		search->visitor(&tuple, RelationGetDescr(rel), s, p, search->argument);
	ReleaseBuffer(buffer);
	return key != NULL;
}

/*
 * Visits the rows of the caps that are looked for, among those that were read. False: one of them was revised
 * since, of which this session is still to be told, so that they must be looked for in the table.
 */
bool
cap_rows_visit(const CapRowSearch *search, const CapRows *rows, Relation rel, Snapshot snapshot)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(rel);

	for (int i = 0; i < rows->count; i++)
	{
		const CapRow *row = &rows->rows[i];
		int s = cap_row_place(search->service, row->key.service_id);
		int p = s < 0 ? -1 : cap_row_place(search->participant, row->key.participant_id);

		/* VACUUM may have cut off the block that a row was moved from; it cannot while the table is open. */
		if (p >= 0 && (ItemPointerGetBlockNumber(&row->place) >= blocks ||
					   !cap_row_fetch(search, row, s, p, rel, snapshot)))
			return false;
	}
	return true;
}
