/*
 * usage_visit.c
 *	  What was booked in a range of months: visits the usage cells.
 *
 * One pass through steering.usage_cell, whatever the range: reports ask for a year, which is much of
 * the table, and a pass that adds in memory is faster than any index; but for a few participants of
 * many each service is looked up. Readers, sources and cells are read under the active snapshot, and
 * what the present transaction has not written yet is added; on the coordinator of a scaled-out
 * installation what other nodes hold as well. The pass is an ordinary scan of the
 * table, so under SERIALIZABLE it takes the locks of one.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/changed_cell.h"
#include "ledger/usage_cell.h"
#include "nodes/elsewhere.h"
#include "own.h"
#include "own_shape.h"
#include "reports/kept_reading.h"
#include "reports/usage_between.h"
#include "sources/missing_table.h"

#define USAGE_PAGES_A_PAIR 2 /* that are read in the time that it takes to look a pair up */

/* What is asked for, while cells are visited. */
typedef struct UsageScan
{
	DateADT first_month;
	DateADT end_month;
	const Bitmapset *participants;
	Bitmapset *services;
	Bitmapset *actual; /* sources of this stage */
	Bitmapset *committed;
	UsageVisitor visit;
	void *context;
	int count;
	UsagePart parts[USAGE_BATCH];
} UsageScan;

/* Returns the numbers that a query gives under the active snapshot, in the caller's memory. */
static Bitmapset *
usage_list_numbers(const char *query)
{
	MemoryContext caller = CurrentMemoryContext;
	Bitmapset *numbers = NULL;
	MemoryContext spi;
	int result;

	SPI_connect();
	result = SPI_execute(query, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	spi = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
		numbers = bms_add_member(numbers, DatumGetInt32(own_spi_column(i, 1, NULL)));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	return numbers;
}

/* Returns the participants whose figures the present role may read. */
Bitmapset *
usage_readable_participants(void)
{
	return usage_list_numbers("SELECT participant_id FROM steering.readable_participant");
}

/* Returns the participants whose figures the present role may read, and that are wanted. */
Bitmapset *
usage_wanted_participants(void)
{
	return usage_leave_wanted(usage_readable_participants());
}

/* Finds out the stages of the sources, and which services there are. */
static void
usage_scan_read_registers(UsageScan *scan)
{
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	own_spi_begin(&spi);
	MemoryContextSwitchTo(caller);
	scan->actual = usage_list_numbers(missing_stage_query("actual"));
	scan->committed = usage_list_numbers(missing_stage_query("commitment"));
	scan->services = usage_list_numbers("SELECT service_id FROM steering.service");
	own_spi_end(&spi);
	MemoryContextSwitchTo(caller);
}

/* Hands over the parts that were gathered. */
static void
usage_scan_flush(UsageScan *scan)
{
	CHECK_FOR_INTERRUPTS();
	scan->visit(scan->parts, scan->count, scan->context);
	scan->count = 0;
}

/* Takes a part of a cell of this stage, if it is asked for. Ignored rows are no participant's. */
static inline void
usage_scan_stage(UsageScan *scan, bool is_commitment, Pair pair, DateADT month, const Usage *usage)
{
	UsagePart *part = &scan->parts[scan->count];

	if (month < scan->first_month || month >= scan->end_month ||
		!bms_is_member(pair.participant_id, scan->participants))
		return;
	part->usage = *usage;
	part->pair = pair;
	part->month = month;
	part->is_commitment = is_commitment;
	if (++scan->count == USAGE_BATCH)
		usage_scan_flush(scan);
}

/* Takes a part of a cell of a source, if it is asked for. */
static inline void
usage_scan_part(UsageScan *scan, int32 source_id, Pair pair, DateADT month, const Usage *usage)
{
	bool is_commitment = bms_is_member(source_id, scan->committed);

	if (is_commitment || bms_is_member(source_id, scan->actual))
		usage_scan_stage(scan, is_commitment, pair, month, usage);
}

/* Takes a cell. */
static void
usage_scan_cell(UsageScan *scan, Relation rel, HeapTuple tuple)
{
	const UsageCellForm *cell = USAGE_CELL_FORM(tuple);

	CHECK_FOR_INTERRUPTS();
	own_check_row(tuple, RelationGetDescr(rel));
	usage_scan_part(scan, cell->key.source_id,
					(Pair){cell->key.service_id, cell->key.participant_id}, cell->key.month,
					&cell->usage);
}

/* Visits all cells. */
static void
usage_scan_all(UsageScan *scan, Relation rel)
{
	TableScanDesc rows = table_beginscan(rel, GetActiveSnapshot(), 0, NULL, 0);
	HeapTuple tuple;

	while ((tuple = heap_getnext(rows, ForwardScanDirection)) != NULL)
		usage_scan_cell(scan, rel, tuple);
	table_endscan(rows);
}

/* Visits the cells of a service and a participant. */
static void
usage_scan_pair(UsageScan *scan, Relation rel, Pair pair)
{
	HeapKey key = usage_cell_pair_key(rel, pair.service_id, pair.participant_id);
	SysScanDesc rows = heap_version_begin_scan(&key, GetActiveSnapshot());
	HeapTuple tuple;

	while ((tuple = systable_getnext(rows)) != NULL)
		usage_scan_cell(scan, rel, tuple);
	systable_endscan(rows);
}

/*
 * Visits the cells of a few participants, each service by the index, if that is quicker than all cells: to look a pair up
 * takes as long as to read two pages. Not in a SERIALIZABLE transaction, which would lock each row. Tells whether it did.
 */
static bool
usage_scan_few(UsageScan *scan, Relation rel)
{
	int64 pages = RelationGetNumberOfBlocks(rel);
	int participants = bms_num_members(scan->participants);

	if (IsolationIsSerializable() ||
		(int64) participants * bms_num_members(scan->services) * USAGE_PAGES_A_PAIR >= pages)
		return false;
	for (int service = -1; (service = bms_next_member(scan->services, service)) >= 0;)
		for (int id = -1; (id = bms_next_member(scan->participants, id)) >= 0;)
			usage_scan_pair(scan, rel, (Pair){service, id});
	return true;
}

/* Visits the cells as they are written. */
static void
usage_scan_cells(UsageScan *scan)
{
	Relation rel = own_open(OWN_USAGE_CELL, AccessShareLock);

	if (!usage_scan_few(scan, rel))
		usage_scan_all(scan, rel);
	table_close(rel, NoLock);
}

/* Visits what the present transaction has booked and not written yet. */
static void
usage_scan_unwritten(UsageScan *scan)
{
	const ChangedCell *changed;
	int position = 0;

	while ((changed = changed_cell_next_unwritten(&position)) != NULL)
	{
		const UsageCellKey *key = &changed->key;
		UsageSum rest = changed->change;

		while (!usage_sum_is_zero(&rest))
		{
			Usage change = usage_sum_take_out(&rest);

			usage_scan_part(scan, key->source_id, (Pair){key->service_id, key->participant_id},
							key->month, &change);
		}
	}
}

/* Returns what other nodes hold of the months that are asked for; of a page, what it has been told. */
static const ElsewhereCells *
usage_read_elsewhere(const UsageScan *scan)
{
	char *name = psprintf("usage elsewhere from %d to %d", scan->first_month, scan->end_month);
	ElsewhereCells *cells = kept_reading_find(name);
	MemoryContext caller;

	if (cells != NULL)
		return cells;
	caller = MemoryContextSwitchTo(kept_reading_memory(CurrentMemoryContext));
	cells = elsewhere_cells(scan->first_month, scan->end_month);
	kept_reading_add(name, cells);
	MemoryContextSwitchTo(caller);
	return cells;
}

/* Visits what other nodes hold, where reports show it. */
static void
usage_scan_elsewhere(UsageScan *scan)
{
	const ElsewhereCells *cells;

	if (!elsewhere_is_shown())
		return;
	cells = usage_read_elsewhere(scan);
	for (uint64 i = 0; i < cells->count; i++)
	{
		const ElsewhereCell *cell = &cells->list[i];

		usage_scan_stage(scan, cell->is_commitment, (Pair){cell->service_id, cell->participant_id},
						 cell->month, &cell->usage);
	}
}

/*
 * Visits the parts of all cells of these participants in the months from first_month until before
 * end_month. They come in no order, and a cell may come in several parts.
 */
void
usage_visit(DateADT first_month, DateADT end_month, const Bitmapset *participants,
			UsageVisitor visit, void *context)
{
	UsageScan scan = {.first_month = first_month,
					  .end_month = end_month,
					  .participants = participants,
					  .visit = visit,
					  .context = context};

	usage_scan_read_registers(&scan);
	usage_scan_cells(&scan);
	usage_scan_unwritten(&scan);
	usage_scan_elsewhere(&scan);
	usage_scan_flush(&scan);
}
