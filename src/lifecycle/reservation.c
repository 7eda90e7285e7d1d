/*
 * reservation.c
 *	  Reservations: made, posted, voided and, when they have expired, released.
 *
 * A reservation that is open is a commitment, and what was posted of it is spent: rows of two tables of ours, which
 * are sources of bookings. Each of these acts writes the rows as the owner of the extension, and then applies what
 * that comes to as one statement, in the name of the caller: a refusal tells him no figure that he may not read. What
 * is posted was held before, and what is voided or released lowers: neither needs room.
 *
 * But what has expired others may have booked over, who hold a counter then. So who posts what can expire holds the
 * counters of all caps over it, though it may change none, and looks at the clock only then. So does who voids it, since
 * that makes room for the transaction, if that is judged when it commits.
 *
 * Locks. The row of the reservation comes first, as a row of a finance table does; then counters by cap. Of two that
 * resolve the same one the second waits, and finds it resolved.
 *
 * The tables become sources with the first reservation, and stay that: a dump has them as it has any source.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "bookings/apply.h"
#include "bookings/reservation_rows.h"
#include "ledger/counter.h"
#include "lifecycle/reservation.h"
#include "mapping/foreign_code.h"
#include "own.h"
#include "own_text.h"
#include "rules/rulebook.h"
#include "sources/own_source.h"
#include "types/shown.h"

#define RESERVATION_INSERT                                                                         \
	"INSERT INTO steering.reservation (" RESERVATION_ROW ", expires, reference)"                   \
	" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING reservation_id, " RESERVATION_ROW

/* Whoever is changing it is waited for. Expired: by the clock of the statement. */
#define RESERVATION_LOCK                                                                                         \
	"SELECT CASE WHEN state = 'open' AND expires <= $2 THEN 'expired' ELSE state END, expires, " RESERVATION_ROW \
	" FROM steering.reservation WHERE reservation_id = $1 FOR UPDATE"

#define RESERVATION_RESOLVE                                                                        \
	"UPDATE steering.reservation SET state = $2, resolved_by = session_user,"                      \
	" resolved_at = pg_catalog.clock_timestamp() WHERE reservation_id = $1"

#define RESERVATION_POST                                                                           \
	"INSERT INTO steering.reservation_post (reservation_id, " RESERVATION_ROW ")"                  \
	" SELECT reservation_id, service, participant, booked_on, $2, $3"                              \
	" FROM steering.reservation WHERE reservation_id = $1 RETURNING " RESERVATION_ROW

#define RESERVATION_RELEASE                                                                        \
	"UPDATE steering.reservation SET state = 'expired', resolved_by = session_user,"               \
	" resolved_at = pg_catalog.clock_timestamp() WHERE reservation_id IN (SELECT reservation_id"   \
	" FROM steering.reservation WHERE state = 'open' AND expires <= $1"                            \
	" ORDER BY expires, reservation_id LIMIT $2 FOR UPDATE SKIP LOCKED)"                           \
	" RETURNING " RESERVATION_ROW

/* Columns of a locked row: the state, when it expires, the booking. */
#define LOCKED_EXPIRES 2
#define LOCKED_BOOKING 3
#define LOCKED_AMOUNT (LOCKED_BOOKING + 3)
#define LOCKED_VOLUME (LOCKED_BOOKING + 4)

/* Makes the tables sources if they are none, and enters the rulebook: as a booking does first of all. */
static void
reservation_enter(void)
{
	if (foreign_code_is_running())
		ereport(ERROR, (errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
						errmsg("a function that a mapping calls cannot reserve anything")));
	own_source_make(OWN_RESERVATION, "state = 'open'", "commitment");
	own_source_make(OWN_RESERVATION_POST, NULL, "actual");
	rulebook_enter_booking();
}

/* Applies what one statement has written of both tables, in the name of the caller. */
static void
reservation_apply(List *batches)
{
	Relation counters = counter_open();
	ListCell *cell;

	rulebook_reenter_booking();
	apply_batches(batches, counters, JUDGE_BOOKING);
	counter_close(counters);
	foreach(cell, batches)
		delta_end(lfirst(cell));
}

/* Reserves; returns the number of the reservation. Raises what a booking of it would. */
int32
reservation_make(const ReservationRequest *request)
{
	Oid types[] = {TEXTOID,           TEXTOID,        DATEOID, own_amount_type(),
				   own_amount_type(), TIMESTAMPTZOID, TEXTOID};
	Datum values[] = {request->service,
					  request->participant,
					  request->booked_on,
					  AmountGetDatum(request->amount),
					  AmountGetDatum(request->volume),
					  request->expires,
					  request->reference};
	char nulls[] = "       ";
	DeltaBatch *batch;
	int32 reservation_id;
	OwnSpi spi;

	nulls[5] = request->is_lasting ? 'n' : ' ';
	nulls[6] = request->has_reference ? ' ' : 'n';
	reservation_enter();
	batch = reservation_rows_begin(OWN_RESERVATION);
	own_spi_begin(&spi);
	own_spi_execute(RESERVATION_INSERT, lengthof(types), types, values, nulls);
	reservation_id = DatumGetInt32(own_spi_column(0, 1, NULL));
	reservation_rows_add(batch, 0, 2, 1);
	own_spi_end(&spi);
	reservation_apply(list_make1(batch));
	return reservation_id;
}

/* Locks a reservation, whose row is in SPI_tuptable then. Returns its state. */
static char *
reservation_lock(int32 reservation_id)
{
	Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(reservation_id),
					  TimestampTzGetDatum(GetCurrentStatementStartTimestamp())};

	if (own_spi_execute(RESERVATION_LOCK, lengthof(types), types, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("reservation %d does not exist", reservation_id),
						errhint("The reservations are listed in steering.reservation_status.")));
	return own_spi_text(0, 1);
}

/* Checks that a reservation is open. */
static void
reservation_check_open(int32 reservation_id, const char *state)
{
	if (strcmp(state, "open") != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						strcmp(state, "expired") == 0
							? errmsg("reservation %d has expired", reservation_id)
							: errmsg("reservation %d was %s already", reservation_id,
									 own_text_said(state))));
}

/* Returns when the reservation that was locked expires; after all time: never. Within own_spi. */
static TimestampTz
reservation_expires(void)
{
	bool isnull;
	Datum expires = own_spi_column(0, LOCKED_EXPIRES, &isnull);

	return isnull ? DT_NOEND : DatumGetTimestampTz(expires);
}

/* Says what became of a reservation. Within own_spi. */
static void
reservation_resolve(int32 reservation_id, const char *state)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(reservation_id), CStringGetTextDatum(state)};

	own_spi_execute(RESERVATION_RESOLVE, lengthof(types), types, values, NULL);
}

/* Returns what is posted of an amount or a volume that was reserved; an error when that is more. */
static Datum
reservation_part(bool is_all, Amount part, Amount reserved, const char *what)
{
	if (is_all)
		part = reserved;
	if (part > reserved)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is more than was reserved: %s of %s", what, amount_shown(part),
							   amount_shown(reserved)),
						errhint("What is above a reservation is a booking of its own.")));
	return AmountGetDatum(part);
}

/* Checks that a reservation has not expired while its counters were waited for; now nobody books over it any more. */
static void
reservation_check_in_time(int32 reservation_id, TimestampTz expires)
{
	if (expires <= GetCurrentTimestamp())
		reservation_check_open(reservation_id, "expired");
}

/* Spends what was reserved, or a part; the rest is released. */
void
reservation_post(int32 reservation_id, const ReservationPost *post)
{
	Oid types[] = {INT4OID, own_amount_type(), own_amount_type()};
	Datum values[] = {Int32GetDatum(reservation_id), 0, 0};
	DeltaBatch *held;
	DeltaBatch *spent;
	TimestampTz expires;
	char *state;
	OwnSpi spi;

	reservation_enter();
	held = reservation_rows_begin(OWN_RESERVATION);
	spent = reservation_rows_begin(OWN_RESERVATION_POST);
	own_spi_begin(&spi);
	state = reservation_lock(reservation_id);
	values[1] = reservation_part(post->is_all_amount, post->amount,
								 DatumGetAmount(own_spi_column(0, LOCKED_AMOUNT, NULL)), "amount");
	values[2] = reservation_part(post->is_all_volume, post->volume,
								 DatumGetAmount(own_spi_column(0, LOCKED_VOLUME, NULL)), "volume");
	reservation_check_open(reservation_id, state);
	expires = reservation_expires();
	if (!TIMESTAMP_IS_NOEND(expires))
		delta_hold_counters(held);
	reservation_rows_add(held, 0, LOCKED_BOOKING, -1);
	reservation_resolve(reservation_id, "posted");
	own_spi_execute(RESERVATION_POST, lengthof(types), types, values, NULL);
	reservation_rows_add(spent, 0, 1, 1);
	own_spi_end(&spi);
	reservation_apply(list_make2(held, spent));
	reservation_check_in_time(reservation_id, expires);
}

/* Releases a reservation. */
void
reservation_void(int32 reservation_id)
{
	DeltaBatch *held;
	TimestampTz expires;
	OwnSpi spi;

	reservation_enter();
	held = reservation_rows_begin(OWN_RESERVATION);
	own_spi_begin(&spi);
	reservation_check_open(reservation_id, reservation_lock(reservation_id));
	expires = reservation_expires();
	reservation_rows_add(held, 0, LOCKED_BOOKING, -1);
	reservation_resolve(reservation_id, "voided");
	own_spi_end(&spi);
	reservation_apply(list_make1(held));
	reservation_check_in_time(reservation_id, expires);
}

/* Releases so many reservations that have expired, as one statement; returns how many. */
int64
reservation_release(int32 most)
{
	Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum values[] = {TimestampTzGetDatum(GetCurrentStatementStartTimestamp()),
					  Int32GetDatum(most)};
	DeltaBatch *held;
	uint64 rows;
	OwnSpi spi;

	reservation_enter();
	held = reservation_rows_begin(OWN_RESERVATION);
	own_spi_begin(&spi);
	rows = own_spi_execute(RESERVATION_RELEASE, lengthof(types), types, values, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		reservation_rows_add(held, i, 1, -1);
	}
	own_spi_end(&spi);
	rulebook_reenter_booking();
	apply_release(held);
	delta_end(held);
	return (int64) rows;
}
