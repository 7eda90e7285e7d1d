/*
 * counter_recount.c
 *	  Counters as a whole: made, counted anew, mended and dropped. The only SQL that writes
 *	  steering.cap_counter; bookings write it as counter.h says.
 *
 * A counter may consist of stripes, and what is written here is one row: stripe 0, of depth 0, whose floor and
 * ceiling mean nothing. The other stripes go. So a counter is divided anew, by true figures, where it needs to
 * be.
 *
 * All of it runs within own_spi. Counters are made, counted anew and dropped with bookings excluded
 * (exclude_bookings()): no other transaction has a change that is not committed, and what this one had
 * not written is written. They are mended, or given another revision, with bookings going on, each locked as a
 * whole. Under REPEATABLE READ and SERIALIZABLE a counter that the transaction cannot see is a serialization
 * failure (40001).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "ledger/counter_recount.h"
#include "mapping/counted_rows.h"
#include "own.h"
#include "rules/rulebook.h"

/*
 * Bookings are excluded, so nobody else holds a stripe that goes, or is about to divide the one that stays. KEPT
 * leaves caps out that keep what they have.
 */
#define COUNTER_RECOUNT(KEPT)                                                                      \
	"WITH counted AS MATERIALIZED ("                                                               \
	"SELECT tally.cap_id, counter.revision, counter.used AS before, tally.used AS after "          \
	"FROM steering.cap_tally($1) AS tally "                                                        \
	"JOIN (SELECT cap_id, steering.sum(used) AS used, max(revision) AS revision "                  \
	"FROM steering.cap_counter GROUP BY cap_id) AS counter USING (cap_id) "                        \
	"WHERE tally.used OPERATOR(steering.<>) counter.used" KEPT "), "                               \
	"folded AS (DELETE FROM steering.cap_counter USING counted "                                   \
	"WHERE cap_counter.cap_id = counted.cap_id AND stripe <> 0), "                                 \
	"written AS (UPDATE steering.cap_counter "                                                     \
	"SET used = counted.after, depth = 0, floor = 0, ceiling = 0 "                                 \
	"FROM counted WHERE cap_counter.cap_id = counted.cap_id AND stripe = 0) "                      \
	"SELECT cap_id, revision, before, after FROM counted ORDER BY cap_id"

/* Makes an array of the ids of caps. */
static Datum
counter_array(List *caps)
{
	Datum *ids = palloc((list_length(caps) + 1) * sizeof(Datum));
	int count = 0;
	ListCell *cell;

	foreach(cell, caps)
		ids[count++] = Int32GetDatum(lfirst_int(cell));
	return PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Makes a list of what a recount has put out, in the memory of context. */
static List *
counter_recounted(uint64 rows, MemoryContext context)
{
	MemoryContext spi = MemoryContextSwitchTo(context);
	List *recounted = NIL;

	for (uint64 i = 0; i < rows; i++)
	{
		RecountedCap *cap = palloc0(sizeof(RecountedCap));

		CHECK_FOR_INTERRUPTS();
		cap->cap_id = DatumGetInt32(own_spi_column(i, 1, NULL));
		cap->change.revision = DatumGetInt32(own_spi_column(i, 2, NULL));
		cap->change.before = DatumGetAmount(own_spi_column(i, 3, NULL));
		cap->change.after = DatumGetAmount(own_spi_column(i, 4, NULL));
		Assert(!cap->change.quiet && cap->change.before != cap->change.after);
		recounted = lappend(recounted, cap);
	}
	MemoryContextSwitchTo(spi);
	return recounted;
}

/*
 * Counts these caps anew, from the usage cells and, for parts of months, from the bookings. Returns those that
 * had another usage (RecountedCap), in order and in the memory of context: judge_recount() is for them. When
 * keep_estimated, a cap keeps what it has where some of its bookings could not be read.
 */
List *
counter_recount(List *caps, bool keep_estimated, MemoryContext context)
{
	Oid types[] = {INT4ARRAYOID};
	Datum values[] = {counter_array(caps)};
	uint64 rows;

	Assert(rulebook_excludes_bookings());
	if (caps == NIL)
		return NIL;
	rows = counted_rows_execute(keep_estimated ? COUNTER_RECOUNT(" AND NOT tally.estimated")
											   : COUNTER_RECOUNT(""),
								lengthof(types), types, values, NULL);
	elog(DEBUG2, "counted %d caps anew: " UINT64_FORMAT " had another usage", list_length(caps),
		 rows);
	return counter_recounted(rows, context);
}

/*
 * Raises that nobody knows what is used of a new cap: 55000. One that covers whole months needs no rows: their
 * sums are stored.
 */
static void
counter_refuse_unknown(const char *source)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
		 errmsg(
			 "what is used of the cap cannot be counted: bookings of source \"%s\" cannot be read",
			 source),
		 errdetail("The cap covers a month in part, and of several bookings in that month nobody "
				   "knows on which days they are."),
		 errhint(
			 "steering.health() says which row cannot be read, and why. A cap over whole months "
			 "can be set. With accept_overrun this one counts as full until the source can be "
			 "read and steering.repair() counts it.")));
}

/*
 * Inserts the counter of a new cap; returns what is used of it. Where nobody knows that, since a source cannot
 * be read, it is refused, or accepted as full.
 *
 * Without any booking there is nothing to count: a year's caps are mostly set before it begins. Objects of an
 * earlier version do not tell what is unknown.
 */
Amount
counter_create(int32 cap_id, bool accept_unknown)
{
	static const char any_booking[] =
		"SELECT FROM steering.usage_cell WHERE service_id <> 0 AND bookings <> 0 LIMIT 1";
	static const char insert_zero[] =
		"INSERT INTO steering.cap_counter (used, cap_id, stripe, revision) VALUES (0, $1, 0, 1)"
		" RETURNING used, NULL";
	static const char insert_tally[] =
		"WITH tally AS MATERIALIZED (SELECT * FROM steering.cap_tally(ARRAY[$1])), inserted AS ("
		"INSERT INTO steering.cap_counter (used, cap_id, stripe, revision)"
		" SELECT tally.used, tally.cap_id, 0, 1 FROM tally)"
		" SELECT tally.used, source_name.name FROM tally LEFT JOIN steering.source_name"
		" ON source_name.source_id = (pg_catalog.to_jsonb(tally) ->> 'unknown_of')::integer";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};
	const char *unknown_of;
	bool booked;

	Assert(rulebook_excludes_bookings());
	booked = own_spi_execute(any_booking, 0, NULL, NULL, NULL) > 0;
	counted_rows_execute(booked ? insert_tally : insert_zero, lengthof(types), types, values, NULL);
	unknown_of = own_spi_text(0, 2);
	if (unknown_of != NULL && !accept_unknown)
		counter_refuse_unknown(unknown_of);
	return DatumGetAmount(own_spi_column(0, 1, NULL));
}

/* Deletes the counter of a cap that is dropped. */
void
counter_drop(int32 cap_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};

	Assert(rulebook_excludes_bookings());
	own_spi_execute("DELETE FROM steering.cap_counter WHERE cap_id = $1", lengthof(types), types,
					values, NULL);
}

/* Gives a counter, which counter_lock() has locked, the revision that its cap has got. */
void
counter_set_revision(int32 cap_id, int32 revision)
{
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(cap_id), Int32GetDatum(revision)};

	own_spi_execute("UPDATE steering.cap_counter SET revision = $2 WHERE cap_id = $1",
					lengthof(types), types, values, NULL);
}

/* Deletes counters whose caps, an array of ids, are not there. No booking changes those. */
void
counter_drop_orphans(Datum caps)
{
	Oid types[] = {INT4ARRAYOID};

	own_spi_execute("DELETE FROM steering.cap_counter WHERE cap_id = ANY ($1)", lengthof(types),
					types, &caps, NULL);
}

/*
 * Inserts counters of caps that have none, with what is used of each: arrays of ids and of numerics. No booking
 * can have come in between, since one raises that the counter is missing; but somebody's own SQL can.
 */
void
counter_create_missing(Datum caps, Datum used)
{
	static const char query[] = "INSERT INTO steering.cap_counter (used, cap_id, stripe, revision)"
								" SELECT missing.used, missing.cap_id, 0, cap.revision"
								" FROM unnest($1, $2) AS missing (cap_id, used)"
								" JOIN steering.cap ON cap.cap_id = missing.cap_id"
								" ORDER BY missing.cap_id ON CONFLICT DO NOTHING";
	Oid types[] = {INT4ARRAYOID, NUMERICARRAYOID};
	Datum values[] = {caps, used};

	own_spi_execute(query, lengthof(types), types, values, NULL);
}

/* Locks the counters of these caps, an array of ids in order, each as a whole and as one row. */
static void
counter_lock_array(Datum caps)
{
	Relation counters = counter_open();
	Datum *ids;
	int count;

	deconstruct_array(DatumGetArrayTypeP(caps), INT4OID, sizeof(int32), true, TYPALIGN_INT, &ids,
					  NULL, &count);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();

		/* Bookings lock counters in this order, too: else one of them could wait for us, and we for it. */
		Assert(i == 0 || DatumGetInt32(ids[i - 1]) < DatumGetInt32(ids[i]));
		(void) counter_lock(counters, DatumGetInt32(ids[i]));
	}
	counter_close(counters);
}

/*
 * Adds what is missing to the counters of caps, and gives them the revisions of these: arrays of ids, in order,
 * and of numerics. With bookings going on: call rulebook_enter_booking() and unwritten_flush() before.
 *
 * Each is made one row, since the floors and ceilings of stripes that were made of wrong figures are not to be
 * relied on.
 */
void
counter_mend(Datum caps, Datum missing)
{
	static const char query[] =
		"UPDATE steering.cap_counter SET revision = cap.revision,"
		" used = (cap_counter.used::numeric + missing.used)::steering.amount"
		" FROM steering.cap"
		" JOIN unnest($1, $2) AS missing (cap_id, used)"
		" ON missing.cap_id = cap.cap_id"
		" WHERE cap_counter.cap_id = cap.cap_id";
	Oid types[] = {INT4ARRAYOID, NUMERICARRAYOID};
	Datum values[] = {caps, missing};
	uint64 rows;

	counter_lock_array(caps);

	/* Who holds the only stripe of a counter is the only one who could divide it: it is still one row. */
	rows = own_spi_execute(query, lengthof(types), types, values, NULL);
	elog(DEBUG2, "mended " UINT64_FORMAT " counters", rows);
}
