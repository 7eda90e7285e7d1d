/*
 * booking_scan.c
 *	  steering.booking_scan(): reads the bookings back from the rows of the finance tables.
 *
 * Rows, registers and the list of tables are all read under the active snapshot, so that the result
 * can be compared with counters that the same query reads. Each table is read through its mapping as
 * its owner (owner.h), and with AccessShareLock, as any query would. The result is in a tuplestore,
 * which goes to disk when work_mem is full.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "own.h"
#include "sources/booking_key.h"
#include "sources/mapping.h"
#include "sources/source_table.h"

/* The arguments of the function. */
enum
{
	SCAN_FIRST_DAY,
	SCAN_END_DAY,
	SCAN_SOURCE,
	SCAN_REFUSE_UNKNOWN
};

/* Columns of the result. */
enum
{
	BOOKING_SOURCE,
	BOOKING_SERVICE,
	BOOKING_PARTICIPANT,
	BOOKING_BOOKED_ON,
	BOOKING_AMOUNT,
	BOOKING_VOLUME,
	BOOKING_COLUMNS
};

/* One call of the function. */
typedef struct BookingScan
{
	ReturnSetInfo *result;
	BookingRegisters *registers;
	DateADT first_day;
	DateADT end_day;
	bool is_bounded; /* by either day: rows without a day are out */
	bool refuse_unknown;
} BookingScan;

/* Puts one booking out; without a key it is a row that is ignored. */
static void
booking_scan_put(BookingScan *scan, const Source *source, const MappedRow *row,
				 const BookingKey *key)
{
	Datum values[BOOKING_COLUMNS];
	bool nulls[BOOKING_COLUMNS] = {false};

	values[BOOKING_SOURCE] = Int32GetDatum(source->source_id);
	values[BOOKING_SERVICE] = Int32GetDatum(key == NULL ? 0 : key->service->id);
	values[BOOKING_PARTICIPANT] = Int32GetDatum(key == NULL ? 0 : key->participant->id);
	values[BOOKING_BOOKED_ON] = DateADTGetDatum(row->booked_on);
	nulls[BOOKING_BOOKED_ON] = !row->has_date || DATE_NOT_FINITE(row->booked_on);
	values[BOOKING_AMOUNT] = AmountGetDatum(row->amount);
	values[BOOKING_VOLUME] = AmountGetDatum(row->volume);
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, values, nulls);
}

/* Tells whether a row is within the days that were asked for. */
static inline bool
booking_scan_is_within(const BookingScan *scan, const MappedRow *row)
{
	if (!scan->is_bounded)
		return true;
	return row->has_date && !DATE_NOT_FINITE(row->booked_on) && row->booked_on >= scan->first_day &&
		   row->booked_on < scan->end_day;
}

/* Puts a row out if it is a booking, or one that is ignored, and the caller may read it. */
static void
booking_scan_row(BookingScan *scan, const Source *source, const MappedRow *row)
{
	BookingKey key;

	if (!row->counts || !booking_scan_is_within(scan, row))
		return;
	if (booking_key_find(scan->registers, row, &key))
	{
		if (booking_key_is_readable(scan->registers, key.participant))
			booking_scan_put(scan, source, row, &key);
	}
	else if (source->ignores_unknown)
	{
		if (booking_key_is_readable(scan->registers, NULL))
			booking_scan_put(scan, source, row, NULL);
	}
	else if (scan->refuse_unknown && booking_key_is_readable(scan->registers, NULL))
		booking_key_refuse(source, row, &key);
}

/* One table whose rows are read. */
typedef struct BookingTable
{
	BookingScan *scan;
	const Source *source;
	Relation rel;
	Mapping *mapping;
} BookingTable;

/* Reads the rows of one table, without its children. */
static void
booking_scan_rows(void *argument)
{
	const BookingTable *table = argument;
	TupleTableSlot *slot = table_slot_create(table->rel, NULL);
	TableScanDesc rows = table_beginscan(table->rel, GetActiveSnapshot(), 0, NULL, 0);

	while (table_scan_getnextslot(rows, ForwardScanDirection, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		mapping_read(table->mapping, slot, &row);
		booking_scan_row(table->scan, table->source, &row);
	}
	table_endscan(rows);
	ExecDropSingleTupleTableSlot(slot);
}

/* Reads one table of a source, if it is still there and has rows of its own. */
static void
booking_scan_table(BookingScan *scan, const Source *source, Oid relid)
{
	BookingTable table = {scan, source, try_relation_open(relid, AccessShareLock)};

	if (table.rel == NULL)
		return;
	if (RELKIND_HAS_TABLE_AM(table.rel->rd_rel->relkind) &&
		(table.mapping = mapping_of(table.rel)) != NULL)
		mapping_read_rows(table.mapping, table.rel, booking_scan_rows, &table);
	relation_close(table.rel, NoLock);
}

/*
 * Returns the tables of a source whose rows the counters of the active snapshot are to hold.
 *
 * These are the tables that it consists of, but not those that another transaction has taken in since
 * the snapshot: their rows may be visible in it, and are in no counter yet. A table of the tree that
 * nobody took in (event triggers did not fire) is read: its rows are bookings, and verify() is to say
 * that they are not counted. One that was taken in and is not in the tree is being detached
 * concurrently; until that is finished its rows count.
 */
static List *
booking_scan_tables(const Source *source)
{
	Relation root = try_relation_open(source->relid, AccessShareLock);
	List *tree;
	List *recorded;
	List *visible;

	if (root == NULL)
		return NIL;
	relation_close(root, NoLock);
	tree = find_all_inheritors(source->relid, AccessShareLock, NULL);
	recorded = source_table_list(source->source_id);
	visible = source_table_list_visible(source->source_id);
	return list_difference_oid(list_union_oid(tree, visible),
							   list_difference_oid(recorded, visible));
}

/* Reads an argument that is a day, or a bound that is none. */
static DateADT
booking_scan_day(FunctionCallInfo fcinfo, int argument, DateADT unbounded)
{
	return PG_ARGISNULL(argument) ? unbounded : PG_GETARG_DATEADT(argument);
}

PG_FUNCTION_INFO_V1(steering_booking_scan);

/* booking_scan(first_day date, end_day date, source integer, refuse_unknown boolean) */
Datum
steering_booking_scan(PG_FUNCTION_ARGS)
{
	BookingScan scan;
	List *sources;
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	scan.result = (ReturnSetInfo *) fcinfo->resultinfo;
	scan.registers = booking_registers_load();
	scan.first_day = booking_scan_day(fcinfo, SCAN_FIRST_DAY, DATEVAL_NOBEGIN);
	scan.end_day = booking_scan_day(fcinfo, SCAN_END_DAY, DATEVAL_NOEND);
	scan.is_bounded = !PG_ARGISNULL(SCAN_FIRST_DAY) || !PG_ARGISNULL(SCAN_END_DAY);
	scan.refuse_unknown = !PG_ARGISNULL(SCAN_REFUSE_UNKNOWN) && PG_GETARG_BOOL(SCAN_REFUSE_UNKNOWN);

	sources = source_list();
	foreach(cell, sources)
	{
		const Source *source = lfirst(cell);
		List *relids;
		ListCell *table;

		if (!PG_ARGISNULL(SCAN_SOURCE) && source->source_id != PG_GETARG_INT32(SCAN_SOURCE))
			continue;
		relids = booking_scan_tables(source);
		foreach(table, relids)
			booking_scan_table(&scan, source, lfirst_oid(table));
	}
	return (Datum) 0;
}
