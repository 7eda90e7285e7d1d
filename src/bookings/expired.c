/*
 * expired.c
 *	  Reservations that have expired and still stand in counters: they count for nothing.
 *
 * From its moment on a reservation is no usage any more, by the clock of the statement, whether or not it was
 * released. So a cap that would refuse a change asks what of its usage has expired, and takes that off. This is
 * exact for who holds the counter of the cap as a whole: who makes or releases a reservation changes that counter as
 * well, so none under the cap is made or released meanwhile, and the latest snapshot shows them as they are in it.
 *
 * To release them then and there is another matter. They may be under other caps too, with lower numbers, and waiting
 * for those would be out of order: two statements could wait for each other. So only what needs no wait is released,
 * because the transaction holds all of their counters already (apply.c); the rest waits for somebody else, or for
 * release_expired(). Not under REPEATABLE READ, where a row that was changed meanwhile would be an error.
 *
 * Nobody comes here but who would be refused otherwise. SQL runs as the owner of the extension.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "bookings/expired.h"
#include "bookings/reservation_rows.h"
#include "own.h"

#define EXPIRED_MOST 100 /* that one statement looks at, to release them */

/* What is open at the database and expired at a moment. */
#define EXPIRED_ROWS " FROM steering.reservation WHERE state = 'open' AND expires <= $1"

#define EXPIRED_SUM                                                                                \
	"SELECT coalesce(steering.sum(steering.metric_part($2, amount, volume)),"                      \
	" 0::steering.amount)" EXPIRED_ROWS " AND booked_on >= $3 AND booked_on < $4"                  \
	" AND EXISTS (SELECT FROM steering.service_above(service) AS above WHERE above.code = $5)"     \
	" AND EXISTS (SELECT FROM steering.participant_above(participant) AS above"                    \
	"  WHERE above.code = $6)"

#define EXPIRED_LIST                                                                               \
	"SELECT reservation_id, " RESERVATION_ROW EXPIRED_ROWS " ORDER BY expires, reservation_id"     \
	" LIMIT $2"

#define EXPIRED_CLAIM                                                                              \
	"UPDATE steering.reservation SET state = 'expired', resolved_by = session_user,"               \
	" resolved_at = pg_catalog.clock_timestamp() WHERE reservation_id = (SELECT reservation_id"    \
	" FROM steering.reservation WHERE reservation_id = $1 AND state = 'open'"                      \
	" FOR UPDATE SKIP LOCKED)"

static bool expired_due = false; /* some were met: to be looked at once more */

/* Tells whether there is any reservation at all: without one a refusal costs no query. */
static bool
expired_any(void)
{
	Relation rel;
	bool any;

	if (!own_has_relation(OWN_RESERVATION))
		return false;
	rel = table_open(own_relation(OWN_RESERVATION), AccessShareLock);
	any = RelationGetNumberOfBlocks(rel) > 0;
	table_close(rel, NoLock);
	return any;
}

/* Returns what of the usage of a cap is reserved and has expired. Exact for who holds its counter as a whole. */
int128
expired_under(const CapFigures *figures)
{
	Oid types[] = {TIMESTAMPTZOID, TEXTOID, DATEOID, DATEOID, TEXTOID, TEXTOID};
	Datum values[] = {TimestampTzGetDatum(GetCurrentStatementStartTimestamp()),
					  CStringGetTextDatum(metric_name(figures->metric)),
					  DateADTGetDatum(figures->first_day),
					  DateADTGetDatum(figures->end_day),
					  CStringGetTextDatum(figures->service),
					  CStringGetTextDatum(figures->participant)};
	Amount expired;
	OwnSpi spi;

	if (!expired_any())
		return 0;
	own_spi_begin(&spi);
	own_spi_execute(EXPIRED_SUM, lengthof(types), types, values, NULL);
	expired = DatumGetAmount(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	expired_due |= expired > 0;
	return expired;
}

/* Tells whether some were met, which can be released; once. */
bool
expired_is_due(void)
{
	bool due = expired_due && !IsolationUsesXactSnapshot();

	expired_due = false;
	return due;
}

/* Lists reservations that have expired (Expired), in the present memory. */
List *
expired_take(void)
{
	Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum values[] = {TimestampTzGetDatum(GetCurrentStatementStartTimestamp()),
					  Int32GetDatum(EXPIRED_MOST)};
	MemoryContext caller = CurrentMemoryContext;
	List *list = NIL;
	MemoryContext spi_context;
	uint64 rows;
	OwnSpi spi;

	own_spi_begin(&spi);
	rows = own_spi_execute(EXPIRED_LIST, lengthof(types), types, values, NULL);
	spi_context = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		Expired *expired = palloc(sizeof(Expired));

		expired->reservation_id = DatumGetInt32(own_spi_column(i, 1, NULL));
		expired->batch = reservation_rows_begin(OWN_RESERVATION);
		reservation_rows_add(expired->batch, i, 2, -1);
		list = lappend(list, expired);
	}
	MemoryContextSwitchTo(spi_context);
	own_spi_end(&spi);
	return list;
}

/* Marks a reservation as released; false: somebody else is changing it, or has. */
bool
expired_claim(const Expired *expired)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(expired->reservation_id)};
	bool claimed;
	OwnSpi spi;

	own_spi_begin(&spi);
	claimed = own_spi_execute(EXPIRED_CLAIM, 1, types, values, NULL) > 0;
	own_spi_end(&spi);
	return claimed;
}
