/*
 * delta_relation.c
 *	  The rows of a whole relation, read into a batch of bookings: of a table that joins a source or leaves it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "bookings/delta_relation.h"

/* The rows of a relation, on their way into a batch. */
typedef struct DeltaRelation
{
	DeltaBatch *batch;
	Relation rel;
	Mapping *mapping;
	Snapshot snapshot;
	int sign;
	RowProgress *progress; /* NULL: nobody is told */
} DeltaRelation;

/* Adds all rows of a relation. */
static void
delta_relation_read(void *argument)
{
	const DeltaRelation *rows = argument;
	TupleTableSlot *slot = table_slot_create(rows->rel, NULL);
	TableScanDesc scan = table_beginscan(rows->rel, rows->snapshot, 0, NULL, 0);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		mapping_read(rows->mapping, slot, &row);
		delta_add_read(rows->batch, rows->mapping, &row, rows->sign);
		if (rows->progress != NULL)
			row_progress_add(rows->progress);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Adds all rows of a relation of the source's tree, without its children, as of the latest snapshot. The
 * caller keeps writers away. With a progress whoever waits is told how far it is.
 */
void
delta_add_relation(DeltaBatch *batch, Relation rel, int sign, RowProgress *progress)
{
	DeltaRelation rows = {batch, rel,     mapping_of(rel), RegisterSnapshot(GetLatestSnapshot()),
						  sign,  progress};

	Assert(CheckRelationLockedByMe(rel, AccessShareLock, true));

	/* A partition that has just been detached is in nobody's tree any more. */
	if (rows.mapping == NULL)
		rows.mapping = mapping_compile(rel, delta_source(batch), delta_context(batch));
	mapping_read_rows(rows.mapping, rel, delta_relation_read, &rows);
	UnregisterSnapshot(rows.snapshot);
}
