/*
 * repair.c
 *	  repair(): mends stored usage that differs from the bookings, with bookings going on.
 *
 * What is found under one snapshot stays true however many bookings come after it, since a correct
 * booking changes the stored and the actual usage by the same: so the difference can be added later,
 * to whatever is stored then. The structure must stay as it is meanwhile, and the snapshot be taken
 * under it: hence the lock of a booking first. Two repairs at once would both add it: hence a lock on
 * steering.cap before that, which keeps only other repairs (and vacuum) waiting.
 *
 * Counters are changed in the order of their caps, then usage cells in that of their keys, as
 * bookings do. Nothing is judged: it was booked long ago.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "bookings/room.h"
#include "bookings/statement.h"
#include "ledger/counter_recount.h"
#include "ledger/unwritten.h"
#include "ledger/usage_cell.h"
#include "mapping/counted_rows.h"
#include "nodes/elsewhere.h"
#include "nodes/this_node.h"
#include "own.h"
#include "queries/query_difference.h"
#include "rules/rulebook.h"
#include "sources/order_difference.h"
#include "sources/source_table.h"

PG_FUNCTION_INFO_V1(steering_repair);

/* What verify() finds, as one array of steering.difference. */
typedef struct Differences
{
	Oid type;
	Datum array;
} Differences;

/* Runs a query with the differences as its only argument. */
static uint64
repair_execute(const char *query, Differences *found)
{
	return own_spi_execute(query, 1, &found->type, &found->array, NULL);
}

/* Finds all differences, under one snapshot; false: there are none. */
static bool
repair_find(Differences *found)
{
	bool isnull;

	counted_rows_execute("SELECT steering.find_differences()", 0, NULL, NULL, NULL);
	found->type = SPI_gettypeid(SPI_tuptable->tupdesc, 1);
	found->array = own_spi_column(0, 1, &isnull);
	return !isnull;
}

/*
 * Finds caps and a figure of each: a query gives both as arrays, in the order of the caps. False: there are
 * none. Bookings that go on change neither, see above.
 */
static bool
repair_find_caps(const char *query, Differences *found, Datum *caps, Datum *figures)
{
	bool isnull;

	repair_execute(query, found);
	*caps = own_spi_column(0, 1, &isnull);
	if (!isnull)
		*figures = own_spi_column(0, 2, NULL);
	return !isnull;
}

/* Has other nodes know of what counters have more now than before. They are held. */
static void
repair_tell_nodes(Datum caps)
{
	Datum *ids;
	int count;

	if (this_node_id() == NODE_NONE)
		return;
	deconstruct_array(DatumGetArrayTypeP(caps), INT4OID, sizeof(int32), true, TYPALIGN_INT, &ids,
					  NULL, &count);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		room_tell(DatumGetInt32(ids[i]));
	}
}

/* Mends the counters, lets those go whose cap is missing, and makes those that are missing. */
static void
repair_counters(Differences *found)
{
	static const char wrong[] =
		"SELECT array_agg(cap_id ORDER BY cap_id), array_agg(missing ORDER BY cap_id)"
		" FROM (SELECT cap_id,"
		"  coalesce(sum(actual - stored) FILTER (WHERE measure = 'used'), 0) AS missing"
		"  FROM unnest($1) WHERE what = 'cap' GROUP BY cap_id) AS cap";
	static const char orphaned[] =
		"SELECT array_agg(cap_id ORDER BY cap_id), array_agg(stored ORDER BY cap_id)"
		" FROM unnest($1) WHERE measure = 'used' AND actual IS NULL";
	static const char uncounted[] =
		"SELECT array_agg(cap_id ORDER BY cap_id), array_agg(actual ORDER BY cap_id)"
		" FROM unnest($1) WHERE measure = 'used' AND stored IS NULL";
	Datum caps;
	Datum figures;

	if (repair_find_caps(wrong, found, &caps, &figures))
	{
		counter_mend(caps, figures);
		repair_tell_nodes(caps);
	}
	if (repair_find_caps(orphaned, found, &caps, &figures))
		counter_drop_orphans(caps);
	if (repair_find_caps(uncounted, found, &caps, &figures))
		counter_create_missing(caps, figures);
}

/* Adds to the usage cells what is missing. */
static void
repair_usage_cells(Differences *found)
{
	static const char query[] =
		"SELECT source_id, service_id, participant_id, month,"
		" coalesce(sum(actual) FILTER (WHERE measure = 'amount'), 0)::steering.amount,"
		" coalesce(sum(stored) FILTER (WHERE measure = 'amount'), 0)::steering.amount,"
		" coalesce(sum(actual) FILTER (WHERE measure = 'volume'), 0)::steering.amount,"
		" coalesce(sum(stored) FILTER (WHERE measure = 'volume'), 0)::steering.amount,"
		" coalesce(sum(actual - stored) FILTER (WHERE measure = 'bookings'), 0)::bigint"
		" FROM unnest($1) WHERE what = 'usage'"
		" GROUP BY source_id, service_id, participant_id, month"
		" ORDER BY service_id, participant_id, month, source_id";
	uint64 count = repair_execute(query, found);
	Relation cells = usage_cell_open();

	elog(DEBUG2, "mending " UINT64_FORMAT " usage cells", count);

	for (uint64 i = 0; i < count; i++)
	{
		UsageCellKey key = {
			.source_id = DatumGetInt32(own_spi_column(i, 1, NULL)),
			.service_id = DatumGetInt32(own_spi_column(i, 2, NULL)),
			.participant_id = DatumGetInt32(own_spi_column(i, 3, NULL)),
			.month = DatumGetDateADT(own_spi_column(i, 4, NULL)),
		};
		UsageSum delta = {
			.amount = (int128) DatumGetAmount(own_spi_column(i, 5, NULL)) -
					  DatumGetAmount(own_spi_column(i, 6, NULL)),
			.volume = (int128) DatumGetAmount(own_spi_column(i, 7, NULL)) -
					  DatumGetAmount(own_spi_column(i, 8, NULL)),
			.bookings = DatumGetInt64(own_spi_column(i, 9, NULL)),
		};

		CHECK_FOR_INTERRUPTS();
		usage_cell_add(cells, &key, &delta);
	}
	usage_cell_close(cells);
}

/* Puts what was mended into the function's result. */
static void
repair_report(Differences *found, ReturnSetInfo *result)
{
	uint64 count = repair_execute("SELECT * FROM steering.name_differences($1)", found);

	for (uint64 i = 0; i < count; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
}

/* Has all other nodes mend what they find, where there are such, each in a transaction of its own. */
static void
repair_elsewhere(ReturnSetInfo *result)
{
	OwnSpi spi;
	uint64 count;

	if (!elsewhere_is_shown())
		return;
	own_spi_begin(&spi);
	count = own_spi_execute("SELECT * FROM steering.differences_elsewhere('repair')", 0, NULL, NULL,
							NULL);
	for (uint64 i = 0; i < count; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	own_spi_end(&spi);
}

/* Mends what verify() finds and returns it. */
Datum
steering_repair(PG_FUNCTION_ARGS)
{
	Differences found;
	OwnSpi spi;

	InitMaterializedSRF(fcinfo, 0);

	/* Before anything is locked here: a node that waits for its bookings keeps nobody else waiting. */
	repair_elsewhere((ReturnSetInfo *) fcinfo->resultinfo);

	/* Another repair waits here, and then finds what this one has mended. */
	LockRelationOid(own_relation(OWN_CAP), ShareUpdateExclusiveLock);

	/* First what the tables of queries come to: the rest is read from that. */
	query_difference_mend((ReturnSetInfo *) fcinfo->resultinfo);

	/* Who truncates a table is let through; bookings go on, but nobody makes or drops caps, or moves entries. */
	source_table_lock_all();
	rulebook_enter_booking();

	/* What this transaction has booked, the running statements too, is both in its rows and, now, in what is stored. */
	statement_write_queued();
	unwritten_flush();

	/* Then what is released of order lines, which is booked. */
	if (order_difference_mend((ReturnSetInfo *) fcinfo->resultinfo))
		unwritten_flush();
	own_spi_begin(&spi);
	if (repair_find(&found))
	{
		repair_report(&found, (ReturnSetInfo *) fcinfo->resultinfo);
		repair_counters(&found);
		repair_usage_cells(&found);
		rulebook_invalidate();
	}
	own_spi_end(&spi);
	PG_RETURN_NULL();
}
