/*
 * recount.c
 *	  Counting a source, and the caps that its bookings touch, anew.
 *
 * For changes whose effect cannot be told row by row: rows that are gone already, values that were
 * rewritten. All of it excludes bookings first, and counts what is committed then; only the rows of the
 * source are read before, where that can be (recount_ahead.c). Under REPEATABLE READ and SERIALIZABLE a
 * counter that the transaction cannot see is a serialization failure (40001).
 *
 * Whoever comes here has a table locked already, then locks the tables whose rows will be read (neighbour.c),
 * and then steering.cap_counter. A booking takes these locks in the same order, so no single statement can
 * deadlock with this. A transaction that books in one source and then waits for another's table can;
 * PostgreSQL breaks it.
 *
 * What is counted anew is compared by month with what was stored: where that is another usage of a
 * closed period, it is refused as a booking would be.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "bookings/closed_change.h"
#include "bookings/exclude.h"
#include "bookings/held.h"
#include "ledger/counter_recount.h"
#include "mapping/counted_rows.h"
#include "own.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "sources/booking_trigger.h"
#include "sources/neighbour.h"
#include "sources/order_difference.h"
#include "sources/recount.h"
#include "sources/recount_ahead.h"
#include "sources/source_reading.h"

/* The caps over the cells of a source: those that bookings of it can have touched. */
#define RECOUNT_CAPS_OF_SOURCE                                                                       \
	"WITH RECURSIVE over_service AS ("                                                               \
	"SELECT service.service_id, service.parent FROM steering.service "                               \
	"WHERE service.service_id IN (SELECT service_id FROM steering.usage_cell WHERE source_id = $1) " \
	"UNION SELECT service.service_id, service.parent FROM over_service "                             \
	"JOIN steering.service ON service.code = over_service.parent), "                                 \
	"over_participant AS ("                                                                          \
	"SELECT participant.participant_id, participant.parent FROM steering.participant "               \
	"WHERE participant.participant_id IN "                                                           \
	"(SELECT participant_id FROM steering.usage_cell WHERE source_id = $1) "                         \
	"UNION SELECT participant.participant_id, participant.parent FROM over_participant "             \
	"JOIN steering.participant ON participant.code = over_participant.parent) "                      \
	"SELECT cap.cap_id FROM steering.cap "                                                           \
	"WHERE cap.service_id IN (SELECT service_id FROM over_service) "                                 \
	"AND cap.participant_id IN (SELECT participant_id FROM over_participant)"

#define RECOUNT_CELLS                                                                              \
	"INSERT INTO steering.usage_cell "                                                             \
	"(amount, volume, bookings, source_id, service_id, participant_id, month, stripe) "            \
	"SELECT sum(amount), sum(volume), count(*), source_id, service_id, participant_id, "           \
	"coalesce(steering.month_of(booked_on), '-infinity'), 0 "                                      \
	"FROM steering.booking_scan(NULL, NULL, $1, $2) GROUP BY 4, 5, 6, 7"

#define RECOUNT_UNCOUNT "DELETE FROM steering.usage_cell WHERE source_id = $1"

/* The usage of a source by month, as one short text. */
#define RECOUNT_DIGEST                                                                             \
	"SELECT pg_catalog.md5(pg_catalog.string_agg(pg_catalog.format('%s %s %s %s %s %s', "          \
	"service_id, participant_id, month, amount, volume, bookings), ' ' "                           \
	"ORDER BY service_id, participant_id, month)) FROM ("                                          \
	"SELECT service_id, participant_id, month, sum(amount::numeric) AS amount, "                   \
	"sum(volume::numeric) AS volume, sum(bookings) AS bookings "                                   \
	"FROM steering.usage_cell WHERE source_id = $1 GROUP BY 1, 2, 3 "                              \
	"HAVING sum(bookings) <> 0) AS cell"

/* Runs a query that has the source's id as its only parameter. */
static uint64
recount_execute(const char *query, int32 source_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};

	return own_spi_execute(query, 1, types, values, NULL);
}

/* Adds the ids of the caps over a source's cells to a list in the memory of context. Within own_spi. */
List *
recount_caps_of(int32 source_id, List *caps, MemoryContext context)
{
	uint64 rows = recount_execute(RECOUNT_CAPS_OF_SOURCE, source_id);
	MemoryContext spi = MemoryContextSwitchTo(context);

	for (uint64 i = 0; i < rows; i++)
		caps = list_append_unique_int(caps, DatumGetInt32(own_spi_column(i, 1, NULL)));
	MemoryContextSwitchTo(spi);
	return caps;
}

/* Returns the usage of a source by month as a short text; "" where there is none. In the memory of context. */
static char *
recount_digest(int32 source_id, MemoryContext context)
{
	char *digest;

	recount_execute(RECOUNT_DIGEST, source_id);
	digest = own_spi_text(0, 1);
	return MemoryContextStrdup(context, digest == NULL ? "" : digest);
}

/*
 * Counts these caps anew, without reading the rows again of the source that was read ahead. When unchanged, that
 * source comes to the same by month as before: then a cap keeps what it has where its neighbours could not be
 * read. Returns those that had another usage, in the memory of context.
 */
static List *
recount_caps_ahead(const RecountAhead *ahead, List *caps, bool unchanged, MemoryContext context)
{
	bool keep_estimated = unchanged && source_reading_is_installed();
	List *volatile recounted = NIL;

	recount_ahead_stand(ahead);
	PG_TRY();
	{
		recounted = counter_recount(caps, keep_estimated, context);
	}
	PG_FINALLY();
	{
		recount_ahead_stand(NULL);
	}
	PG_END_TRY();
	return recounted;
}

/*
 * Judges what a recount did to the caps (RecountedCap), on behalf of a table. Outside of own_spi: as the caller,
 * since a message tells figures only to who may read them.
 */
void
recount_judge(List *recounted, Oid relid, JudgeWhen when)
{
	List *refusals = NIL;
	ListCell *cell;

	foreach(cell, recounted)
	{
		const RecountedCap *cap = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		judge_recount(cap->cap_id, &cap->change, relid, when, &refusals);
	}
	refusal_raise(refusals, REFUSAL_OF_COMMAND);
}

/*
 * Tells whether a source's triggers are there. While a dump is being restored they are not, and its
 * counters come with the dump.
 */
static bool
recount_is_source_alive(const Source *source)
{
	Relation rel = try_relation_open(source->relid, AccessShareLock);
	bool alive = rel != NULL && booking_trigger_exists(rel);

	if (rel != NULL)
		relation_close(rel, NoLock);
	return alive;
}

/* Returns the source with this id, or NULL. */
static Source *
recount_source(int32 source_id)
{
	List *sources = source_list();
	ListCell *cell;

	foreach(cell, sources)
		if (((Source *) lfirst(cell))->source_id == source_id)
			return lfirst(cell);
	return NULL;
}

/*
 * Looks at what is stored of a source, before (sign -1) or after (sign 1) it is counted anew: adds the caps over
 * it to a list, and what it has in closed periods to their changes. Returns its usage as recount_digest() does.
 */
static char *
recount_look(const Source *source, int sign, ClosedChanges *closed, List **caps)
{
	*caps = recount_caps_of(source->source_id, *caps, closed->context);
	closed_change_add_stored(closed, source, sign);
	return recount_digest(source->source_id, closed->context);
}

/* Writes the usage cells of a source anew. Within own_spi. */
static void
recount_cells(RecountAhead *ahead, int32 source_id, bool strict)
{
	Oid types[] = {INT4OID, BOOLOID};
	Datum values[] = {Int32GetDatum(source_id), BoolGetDatum(strict)};
	uint64 cells;

	Assert(rulebook_excludes_bookings());
	recount_execute(RECOUNT_UNCOUNT, source_id);
	if (recount_ahead_write(ahead))
		return;
	cells = counted_rows_execute(RECOUNT_CELLS, lengthof(types), types, values, NULL);
	elog(DEBUG2, "counted source %d anew with bookings excluded: " UINT64_FORMAT " usage cells",
		 source_id, cells);
}

/*
 * Makes order lines what the rows of sources say, after those of a source were counted anew or are gone. Where they were
 * not, what is released is counted anew, and the caps over that are added to a list in the memory of context. Returns
 * whether they were not. Order lines of strict (NULL: of no source) that are on several places are refused, 23505. Within
 * own_spi, bookings excluded.
 */
bool
recount_orders(const Source *strict, List **caps, MemoryContext context)
{
	Oid types[] = {INT4OID, BOOLOID};
	Datum values[] = {0, BoolGetDatum(false)};
	int32 released;

	if (!order_difference_write(strict))
		return false;
	released = source_by_relation(own_relation(OWN_ORDER_LINE))->source_id;
	values[0] = Int32GetDatum(released);
	*caps = recount_caps_of(released, *caps, context);
	recount_execute(RECOUNT_UNCOUNT, released);
	counted_rows_execute(RECOUNT_CELLS, lengthof(types), types, values, NULL);
	*caps = recount_caps_of(released, *caps, context);
	return true;
}

/*
 * Counts a source anew. When strict, a row that the source would refuse now is an error. When fixed, so
 * is another usage of a closed period.
 */
static void
recount_source_rows(int32 source_id, JudgeWhen when, bool strict, bool fixed)
{
	Source *source = recount_source(source_id);
	ClosedChanges closed = {.context = CurrentMemoryContext};
	RecountAhead ahead;
	List *caps = NIL;
	List *recounted;
	bool unchanged;
	char *before;
	OwnSpi spi;

	if (source == NULL || !recount_is_source_alive(source))
		return;

	/* Who holds a table of a neighbour may be about to book: he is let through before bookings are excluded. */
	neighbour_lock(source_id);

	/* Where its writers can be kept away at once, its rows are read here, and others book on meanwhile. */
	recount_ahead_read(&ahead, source, strict);

	/* From here on nobody books, and each query sees all that was booked until now. */
	exclude_bookings();
	own_spi_begin(&spi);
	before = recount_look(source, -1, &closed, &caps);
	recount_cells(&ahead, source_id, strict);
	unchanged = strcmp(before, recount_look(source, 1, &closed, &caps)) == 0;
	if (source->has_orders)
		unchanged &= !recount_orders(strict ? source : NULL, &caps, closed.context);
	recounted = recount_caps_ahead(&ahead, caps, unchanged, closed.context);
	own_spi_end(&spi);
	if (!unchanged)
		held_check_recount();
	if (fixed)
		closed_change_judge(&closed, JUDGE_NOW);
	recount_judge(recounted, source->relid, when);
}

/*
 * Writes the usage cells of a source anew from its rows, and the caps that it touches from all cells.
 *
 * Rows that are no bookings, because their service, participant or day is unknown, are left out. A
 * source that is being restored is left alone.
 */
void
source_recount(int32 source_id, JudgeWhen when)
{
	recount_source_rows(source_id, when, false, true);
}

/*
 * The same on behalf of somebody who has nothing to do with the source: where it cannot be read, what is
 * stored of it stays as it is, with a warning.
 */
void
source_recount_readable(int32 source_id, JudgeWhen when)
{
	Source *source = recount_source(source_id);
	ErrorData *error;

	if (source == NULL)
		return;
	exclude_bookings();
	PushActiveSnapshot(GetLatestSnapshot());
	error = source_reading_error(source);
	PopActiveSnapshot();
	if (error == NULL)
		source_recount(source_id, when);
	else
		message_unreadable(source);
}

/* The same, for rows whose values are new: one that the source would refuse now is refused, 23S73. */
void
source_recount_strictly(int32 source_id, JudgeWhen when)
{
	recount_source_rows(source_id, when, true, true);
}

/*
 * The same, after a part of the source was dropped. That is not refused on behalf of a closed period: who
 * drops a table wants it gone, also where its years are long closed. health() shows it.
 */
void
source_recount_dropped(int32 source_id, JudgeWhen when)
{
	recount_source_rows(source_id, when, false, false);
}

/* The same of a table that takes the place of one that was dropped. What closed periods say of that is judged after. */
void
source_recount_found(int32 source_id, JudgeWhen when)
{
	recount_source_rows(source_id, when, true, false);
}

/* The same after its rows have gone to other nodes, in this transaction. Nobody judges that. */
void
source_recount_moved(int32 source_id)
{
	recount_source_rows(source_id, JUDGE_MOVED, false, false);
}
