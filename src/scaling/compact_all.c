/*
 * compact_all.c
 *	  compact(): has all nodes fold their counters and usage cells, and forgets changes that all of them have applied.
 *
 * Of the outbox the last change that all have applied stays: by it a node tells that the coordinator is still the one that
 * has told it. Where one node does not answer nothing of the outbox goes: it may need all of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "ledger/compact.h"
#include "nodes/this_node.h"
#include "own.h"
#include "scaling/outbox.h"

/* Columns of what the other nodes answer. */
enum
{
	COMPACT_NODE = 1,
	COMPACT_ERROR,
	COMPACT_GONE,
	COMPACT_APPLIED
};

PG_FUNCTION_INFO_V1(steering_compact);

/* Warns that a node does not answer. */
static void
compact_warn(uint64 row)
{
	ereport(WARNING, (errmsg("node \"%s\" does not answer, and nothing is compacted there",
							 own_spi_text(row, COMPACT_NODE)),
					  errdetail("%s", own_spi_text(row, COMPACT_ERROR))));
}

/*
 * Has all other nodes do it, where there are such; returns how many rows went there. Lowers *applied to the last change that
 * all have applied; 0: one does not answer, which is told, or is no node.
 */
static int64
compact_elsewhere(int64 *applied)
{
	static const char query[] =
		"SELECT node, error, (result -> 0)::int8, coalesce((result -> 1)::int8, 0)"
		" FROM steering.node_answers('SELECT pg_catalog.jsonb_build_array(steering.compact(),"
		" (SELECT applied FROM steering.this_node)) AS answer', true)";
	int64 gone = 0;
	uint64 count;
	OwnSpi spi;

	own_spi_begin(&spi);
	count = own_spi_execute(query, 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		bool is_silent = own_spi_text(i, COMPACT_ERROR) != NULL;

		if (is_silent)
			compact_warn(i);
		else
			gone += DatumGetInt64(own_spi_column(i, COMPACT_GONE, NULL));
		*applied =
			Min(*applied, is_silent ? 0 : DatumGetInt64(own_spi_column(i, COMPACT_APPLIED, NULL)));
	}
	own_spi_end(&spi);
	return gone;
}

/* compact(): returns how many rows went. */
Datum
steering_compact(PG_FUNCTION_ARGS)
{
	int32 node = this_node_id();
	int64 gone = 0;
	int64 applied = 0;

	if (node == NODE_COORDINATOR)
	{
		applied = outbox_last();
		gone = compact_elsewhere(&applied);
	}
	else if (node != NODE_NONE)
		applied = this_node_applied();
	if (node != NODE_NONE)
		gone += outbox_prune(applied, node);
	PG_RETURN_INT64(gone + compact_here());
}
