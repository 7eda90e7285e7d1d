/*
 * this_node.c
 *	  Which node of a scaled-out installation this database is: the row of steering.this_node.
 *
 * Read whenever it is asked for, with the latest snapshot: acts ask, and what cares for nodes; a booking under a cap
 * that does not span nodes never does. A table without a page, as is the rule, is not even read.
 *
 * Whether what runs applies a change of the coordinator is known by a variable of this backend, which is set around it
 * and set back also after an error.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "nodes/this_node.h"
#include "own.h"
#include "own_shape.h"

/* Columns of steering.this_node. */
enum
{
	THIS_NODE_IS_ONLY = 1,
	THIS_NODE_ID,
	THIS_NODE_APPLIED
};

static bool this_node_applying = false;

/* Reads the row; NODE_NONE: there is none. */
static int32
this_node_read(Relation rel)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL, 0);
	int32 node_id = NODE_NONE;
	bool isnull;

	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
		node_id = DatumGetInt32(slot_getattr(slot, THIS_NODE_ID, &isnull));
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return node_id;
}

/* Returns the number of this node; NODE_NONE: the database is not scaled out, or its objects are of before 0.7. */
int32
this_node_id(void)
{
	int32 node_id = NODE_NONE;
	Relation rel;

	if (!own_has_relation(OWN_THIS_NODE))
		return NODE_NONE;
	rel = own_open(OWN_THIS_NODE, AccessShareLock);
	if (RelationGetNumberOfBlocks(rel) > 0)
		node_id = this_node_read(rel);
	table_close(rel, AccessShareLock);
	return node_id;
}

/* Returns a figure that a query is about. Within own_spi. */
static int64
this_node_figure(const char *query)
{
	if (own_spi_execute(query, 0, NULL, NULL, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is no node any more")));
	return DatumGetInt64(own_spi_column(0, 1, NULL));
}

/* Returns the number of the last change that this node has applied. */
int64
this_node_applied(void)
{
	int64 applied;
	OwnSpi spi;

	own_spi_begin(&spi);
	applied = this_node_figure("SELECT applied FROM steering.this_node");
	own_spi_end(&spi);
	return applied;
}

/* Waits for others that apply changes, keeps them out to the end of the transaction, and returns the same. Within own_spi. */
int64
this_node_lock(void)
{
	return this_node_figure("SELECT applied FROM steering.this_node FOR UPDATE");
}

/* Tells whether what runs now applies a change of the coordinator. */
bool
this_node_is_applying(void)
{
	return this_node_applying;
}

/* Does work as a change of the coordinator. */
void
this_node_apply(void (*work)(void *argument), void *argument)
{
	bool before = this_node_applying;

	this_node_applying = true;
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		this_node_applying = before;
	}
	PG_END_TRY();
}
