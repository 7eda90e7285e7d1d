/*
 * recount_ahead.c
 *	  Reading the rows of a source that is about to be counted anew while bookings still go on.
 *
 * Rows are read by functions that the owner of a table chose. As long as that takes, the bookings of all
 * others would wait if they were excluded first. So where it can be had at once, a lock of the source's own
 * tables keeps its writers away; its rows are read under that, and only what they come to is written once
 * bookings are excluded.
 *
 * What a row is booked on depends on the registers and aliases, too. No lock is taken of these, which could deadlock with
 * those who change them: where they are others by then, the rows are read a second time.
 *
 * A cap over a part of a month is counted from the rows of all sources with bookings in that month. What was read
 * stands for those of this one; those of others are still read with bookings excluded.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/counted_rows.h"
#include "own.h"
#include "registers/alias.h"
#include "rules/rulebook.h"
#include "sources/recount_ahead.h"
#include "sources/source_table.h"

/* What a source is booked on by its rows, by day; and whether amounts can hold that. */
#define AHEAD_DAYS                                                                                 \
	"SELECT array_agg(amount), array_agg(volume), array_agg(bookings), array_agg(service_id), "    \
	"array_agg(participant_id), array_agg(booked_on), "                                            \
	"coalesce(bool_and(abs(amount) < 9e14 AND abs(volume) < 9e14), true) FROM ("                   \
	"SELECT sum(amount)::numeric AS amount, sum(volume)::numeric AS volume, "                      \
	"count(*) AS bookings, service_id, participant_id, booked_on "                                 \
	"FROM steering.booking_scan(NULL, NULL, $1, $2) GROUP BY 4, 5, 6) AS day"

/* All aliases on which it depends, too. */
#define AHEAD_ALIASES                                                                              \
	"SELECT md5(string_agg(format('%s %s %s %L %L %s', alias_id, source::oid, kind, value, code, " \
	"during), ', ' ORDER BY alias_id)) FROM steering.alias"

/* All of the registers on which it depends what a row is booked on. */
#define AHEAD_REGISTERS                                                                            \
	"SELECT md5(concat((SELECT string_agg(format('%s %s %s', service_id, code, during), ', ' "     \
	"ORDER BY service_id) FROM steering.service), ' and ', "                                       \
	"(SELECT string_agg(format('%s %s %s', participant_id, code, during), ', ' "                   \
	"ORDER BY participant_id) FROM steering.participant)))"

#define AHEAD_WRITE                                                                                \
	"INSERT INTO steering.usage_cell "                                                             \
	"(amount, volume, bookings, source_id, service_id, participant_id, month, stripe) "            \
	"SELECT sum(amount), sum(volume), sum(bookings), $7, service_id, participant_id, "             \
	"coalesce(steering.month_of(booked_on), '-infinity'), 0 "                                      \
	"FROM unnest($1, $2, $3, $4, $5, $6) "                                                         \
	"AS day (amount, volume, bookings, service_id, participant_id, booked_on) GROUP BY 5, 6, 7"

/* The columns of what is kept. */
enum
{
	AHEAD_AMOUNT,
	AHEAD_VOLUME,
	AHEAD_BOOKINGS,
	AHEAD_SERVICE,
	AHEAD_PARTICIPANT,
	AHEAD_BOOKED_ON
};

static const RecountAhead *ahead_in_force = NULL; /* stands for the rows of its source */

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

	/* Before the root was locked another session may have attached a partition, whose writers go on. */
	if (count == list_length(relids) && list_difference_oid(ahead_tables(source), relids) == NIL)
		return true;
	ahead_unlock(relids, count);
	return false;
}

/* Returns the only column of the only row of a query as text; "": it is null. */
static char *
ahead_text(const char *query)
{
	char *text;

	own_spi_execute(query, 0, NULL, NULL, NULL);
	text = own_spi_text(0, 1);
	return text == NULL ? "" : text;
}

/* Returns a digest of the registers and aliases, in the memory of context. Within own_spi. */
static char *
ahead_registers(MemoryContext context)
{
	const char *registers = ahead_text(AHEAD_REGISTERS);
	const char *aliases = alias_any() ? ahead_text(AHEAD_ALIASES) : "";

	return MemoryContextStrdup(context, psprintf("%s %s", registers, aliases));
}

/* Keeps what a query has put out of a source, in the memory of context. */
static void
ahead_keep(RecountAhead *ahead, MemoryContext context)
{
	MemoryContext spi = MemoryContextSwitchTo(context);

	ahead->has_days = true;
	for (int i = 0; i < RECOUNT_AHEAD_COLUMNS; i++)
	{
		bool isnull;
		Datum days = own_spi_column(0, i + 1, &isnull);

		if (isnull)
			ahead->has_days = false;
		else
			ahead->days[i] = datumCopy(days, false, -1);
	}
	ahead->can_stand = DatumGetBool(own_spi_column(0, RECOUNT_AHEAD_COLUMNS + 1, NULL));
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
	ahead->source_id = source->source_id;

	/* Where bookings are excluded already nobody is spared any waiting by reading ahead. */
	if (rulebook_excludes_bookings() || !ahead_lock(source))
		return;
	own_spi_begin(&spi);
	ahead->registers = ahead_registers(caller);
	counted_rows_execute(AHEAD_DAYS, lengthof(types), types, values, NULL);
	ahead_keep(ahead, caller);
	own_spi_end(&spi);
	ahead->is_read = true;
}

/*
 * Writes what the rows of a source came to as its usage by month; false: they are to be read now. Within
 * own_spi, bookings excluded.
 */
bool
recount_ahead_write(RecountAhead *ahead)
{
	Oid types[] = {NUMERICARRAYOID, NUMERICARRAYOID, INT8ARRAYOID, INT4ARRAYOID,
				   INT4ARRAYOID,    DATEARRAYOID,    INT4OID};
	Datum values[RECOUNT_AHEAD_COLUMNS + 1];
	uint64 cells;

	Assert(rulebook_excludes_bookings());

	/* Who changes a register excludes bookings too: what was changed while the rows were read is committed. */
	if (!ahead->is_read || strcmp(ahead->registers, ahead_registers(CurrentMemoryContext)) != 0)
		return ahead->can_stand = false;
	if (!ahead->has_days)
		return true;
	memcpy(values, ahead->days, sizeof(ahead->days));
	values[RECOUNT_AHEAD_COLUMNS] = Int32GetDatum(ahead->source_id);
	cells = own_spi_execute(AHEAD_WRITE, lengthof(types), types, values, NULL);
	elog(DEBUG2, "counted source %d anew by rows read ahead: " UINT64_FORMAT " usage cells",
		 ahead->source_id, cells);
	return true;
}

/* Has what was read of a source stand for its rows where these are asked for, or no longer (NULL). */
void
recount_ahead_stand(const RecountAhead *ahead)
{
	ahead_in_force = ahead != NULL && ahead->can_stand ? ahead : NULL;
}

/* Takes a column of what is kept apart. Returns how many there are. */
static int
ahead_column(const RecountAhead *ahead, int column, Oid type, Datum **values, bool **nulls)
{
	int16 length;
	bool by_value;
	char alignment;
	int count;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(DatumGetArrayTypeP(ahead->days[column]), type, length, by_value, alignment,
					  values, nulls, &count);
	return count;
}

/* Visits what stands for the rows of a source, day by day; false: nothing does. */
bool
recount_ahead_visit(int32 source_id, RecountAheadVisitor visit, void *context)
{
	const RecountAhead *ahead = ahead_in_force;
	Datum *column[RECOUNT_AHEAD_COLUMNS];
	bool *nulls;
	int count;

	if (ahead == NULL || ahead->source_id != source_id)
		return false;
	/* It was read, and has no bookings. */
	if (!ahead->has_days)
		return true;
	(void) ahead_column(ahead, AHEAD_AMOUNT, NUMERICOID, &column[AHEAD_AMOUNT], &nulls);
	(void) ahead_column(ahead, AHEAD_VOLUME, NUMERICOID, &column[AHEAD_VOLUME], &nulls);
	(void) ahead_column(ahead, AHEAD_SERVICE, INT4OID, &column[AHEAD_SERVICE], &nulls);
	(void) ahead_column(ahead, AHEAD_PARTICIPANT, INT4OID, &column[AHEAD_PARTICIPANT], &nulls);
	count = ahead_column(ahead, AHEAD_BOOKED_ON, DATEOID, &column[AHEAD_BOOKED_ON], &nulls);
	for (int i = 0; i < count; i++)
	{
		MappedRow row = {.counts = true, .has_date = !nulls[i]};

		if (row.has_date)
			row.booked_on = DatumGetDateADT(column[AHEAD_BOOKED_ON][i]);
		row.amount = amount_from_numeric(column[AHEAD_AMOUNT][i]);
		row.volume = amount_from_numeric(column[AHEAD_VOLUME][i]);
		visit(&row, DatumGetInt32(column[AHEAD_SERVICE][i]),
			  DatumGetInt32(column[AHEAD_PARTICIPANT][i]), context);
	}
	return true;
}
