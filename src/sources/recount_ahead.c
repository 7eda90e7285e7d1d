/*
 * recount_ahead.c
 *	  Reading the rows of a source that is about to be counted anew while bookings still go on.
 *
 * Rows are read by functions that the owner of a table chose. As long as that takes, the bookings of all
 * others would wait if they were excluded first. So where it can be had at once, a lock of the source's own
 * tables keeps its writers away; its rows are read under that, and only what they come to is written once
 * bookings are excluded.
 *
 * What a row is booked on depends on the registers, too. No lock is taken of these, which could deadlock with
 * those who change them: where they are others by then, the rows are read a second time.
 *
 * Rows of other sources, and those by which a cap over a part of a month is counted, are still read with
 * bookings excluded.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "own.h"
#include "sources/recount_ahead.h"
#include "sources/source_table.h"

/* What a source is booked on by its rows, by month. */
#define AHEAD_CELLS                                                                                \
	"SELECT array_agg(amount), array_agg(volume), array_agg(bookings), array_agg(service_id), "    \
	"array_agg(participant_id), array_agg(month) FROM ("                                           \
	"SELECT sum(amount)::numeric AS amount, sum(volume)::numeric AS volume, "                      \
	"count(*) AS bookings, service_id, participant_id, "                                           \
	"coalesce(steering.month_of(booked_on), '-infinity') AS month "                                \
	"FROM steering.booking_scan(NULL, NULL, $1, $2) GROUP BY 4, 5, 6) AS cell"

/* All of the registers on which it depends what a row is booked on. */
#define AHEAD_REGISTERS                                                                            \
	"SELECT md5(concat((SELECT string_agg(format('%s %s %s', service_id, code, during), ', ' "     \
	"ORDER BY service_id) FROM steering.service), ' and ', "                                       \
	"(SELECT string_agg(format('%s %s %s', participant_id, code, during), ', ' "                   \
	"ORDER BY participant_id) FROM steering.participant)))"

#define AHEAD_WRITE                                                                                \
	"INSERT INTO steering.usage_cell "                                                             \
	"(amount, volume, bookings, source_id, service_id, participant_id, month, stripe) "            \
	"SELECT amount, volume, bookings, $7, service_id, participant_id, month, 0 "                   \
	"FROM unnest($1, $2, $3, $4, $5, $6) "                                                         \
	"AS cell (amount, volume, bookings, service_id, participant_id, month)"

/* Tells whether this transaction has excluded bookings already. */
static bool
ahead_is_too_late(void)
{
	Relation counters = table_open(own_relation(OWN_CAP_COUNTER), AccessShareLock);
	bool excluded = CheckRelationLockedByMe(counters, ShareRowExclusiveLock, true);

	table_close(counters, AccessShareLock);
	return excluded;
}

/* Returns the tables whose rows are bookings of a source. */
static List *
ahead_tables(const Source *source)
{
	return list_union_oid(find_all_inheritors(source->relid, NoLock, NULL),
						  source_table_list(source->source_id));
}

/* Lets go of the first so many tables. */
static void
ahead_unlock(const List *relids, int count)
{
	for (int i = 0; i < count; i++)
		UnlockRelationOid(list_nth_oid(relids, i), ShareRowExclusiveLock);
}

/*
 * Keeps the writers of a source away, to the end of the transaction, if that needs no waiting: who holds one of
 * the tables may be waiting for another that is locked here.
 */
static bool
ahead_lock(const Source *source)
{
	List *relids = ahead_tables(source);
	int count = 0;

	while (count < list_length(relids) &&
		   ConditionalLockRelationOid(list_nth_oid(relids, count), ShareRowExclusiveLock))
		count++;
	if (count == list_length(relids) && list_difference_oid(ahead_tables(source), relids) == NIL)
		return true;
	ahead_unlock(relids, count);
	return false;
}

/* Returns a digest of the registers, in the memory of context. Within own_spi. */
static char *
ahead_registers(MemoryContext context)
{
	own_spi_execute(AHEAD_REGISTERS, 0, NULL, NULL, NULL);
	return MemoryContextStrdup(context,
							   SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
}

/* Keeps what a query has put out of a source, in the memory of context. */
static void
ahead_keep(RecountAhead *ahead, MemoryContext context)
{
	MemoryContext spi = MemoryContextSwitchTo(context);

	ahead->has_cells = true;
	for (int i = 0; i < RECOUNT_AHEAD_COLUMNS; i++)
	{
		bool isnull;
		Datum cells = own_spi_column(0, i + 1, &isnull);

		if (isnull)
			ahead->has_cells = false;
		else
			ahead->cells[i] = datumCopy(cells, false, -1);
	}
	MemoryContextSwitchTo(spi);
}

/*
 * Reads the rows of a source, unless its writers cannot be kept away or bookings are excluded already. When
 * strict, a row that the source would refuse now is an error.
 */
void
recount_ahead_read(RecountAhead *ahead, const Source *source, bool strict)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID, BOOLOID};
	Datum values[] = {Int32GetDatum(source->source_id), BoolGetDatum(strict)};
	OwnSpi spi;

	memset(ahead, 0, sizeof(RecountAhead));
	if (ahead_is_too_late() || !ahead_lock(source))
		return;
	own_spi_begin(&spi);
	ahead->registers = ahead_registers(caller);
	own_spi_execute(AHEAD_CELLS, lengthof(types), types, values, NULL);
	ahead_keep(ahead, caller);
	own_spi_end(&spi);
	ahead->is_read = true;
}

/*
 * Writes what the rows of a source came to as its usage by month; false: they are to be read now. Within
 * own_spi, bookings excluded.
 */
bool
recount_ahead_write(const RecountAhead *ahead, int32 source_id)
{
	Oid types[] = {NUMERICARRAYOID, NUMERICARRAYOID, INT8ARRAYOID, INT4ARRAYOID,
				   INT4ARRAYOID,    DATEARRAYOID,    INT4OID};
	Datum values[RECOUNT_AHEAD_COLUMNS + 1];

	if (!ahead->is_read || strcmp(ahead->registers, ahead_registers(CurrentMemoryContext)) != 0)
		return false;
	if (!ahead->has_cells)
		return true;
	memcpy(values, ahead->cells, sizeof(ahead->cells));
	values[RECOUNT_AHEAD_COLUMNS] = Int32GetDatum(source_id);
	own_spi_execute(AHEAD_WRITE, lengthof(types), types, values, NULL);
	return true;
}
