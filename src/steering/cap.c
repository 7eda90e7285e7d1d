/*
 * cap.c
 *	  The only writer of steering.cap: creates, revises and drops caps, and has their counters follow.
 *
 * Creating and dropping change structure: bookings are excluded first, and then the latest snapshot
 * is looked at, so that of two sessions that create the same cap the second one revises it.
 * Revising changes numbers alone. It joins the bookings that run instead of excluding them, and
 * locks the cap's counter first: that gives the true usage, and whoever books on the cap waits.
 *
 * A change is written before it is judged, since an error undoes it. The rulebook is invalidated
 * also by a revision: were that rolled back, the revision's number would be given once more.
 *
 * Whether it may be done a trigger asks of every row that is written (decisions/guard.c), cap by cap; but an act
 * that changes several caps is asked about as a whole, by what it records of itself. Its parts are known by
 * cap_part, which is set while such a row is written.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bookings/event.h"
#include "bookings/exclude.h"
#include "bookings/expired.h"
#include "ledger/counter_recount.h"
#include "ledger/unwritten.h"
#include "nodes/node_ledger.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "rules/cap_list.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "sources/source_table.h"
#include "steering/cap.h"
#include "steering/cap_elsewhere.h"
#include "types/calendar.h"
#include "types/day_range.h"

#define CAP_LADDER_OF_NEW_CAPS "100% block"

/* What is known of a cap and its counter. */
typedef struct CapState
{
	int32 cap_id;
	int32 revision;
	bool is_ours;     /* this transaction has made or revised it */
	bool has_counter; /* it always should */
	Amount used;
	bool blocked; /* its ladder blocks, before the change */
	Amount blocked_at;
	int64 event_id; /* of the change */
} CapState;

/* What is being written is a part of an act that is asked about as a whole. */
static bool cap_part = false;

PG_FUNCTION_INFO_V1(steering_is_part_of_act);

/*
 * Ends a change that is written: makes all backends read the cap again, refuses a limit below usage,
 * and records the event.
 *
 * The invalidation comes first, as a command of its own: only so does it also make this backend forget
 * what it reads here, if that is refused.
 *
 * An overrun passes where it is accepted, and where it was there before and room does not shrink:
 * raising the limit of an overrun cap is never refused. Where the present usage is in order, what this
 * transaction booked before is judged with that.
 */
static void
cap_finish(const CapRequest *request, const char *kind, CapState *state)
{
	const CapFigures *figures;
	Amount blocks_at;
	Amount used = state->used;
	bool overrun;

	rulebook_announce_cap();
	CommandCounterIncrement();
	figures = cap_figures_of(state->cap_id, state->revision);
	if (figures == NULL)
		elog(ERROR, "cap %d not found", state->cap_id);
	overrun = ladder_blocks_at(figures->ladder, figures->amount, &blocks_at) &&
			  state->used > blocks_at && !request->accept_overrun;
	if (overrun)
	{
		/* What is reserved and has expired is no usage. A copy, since SQL is run. */
		figures = cap_figures_copy(figures);
		used = amount_clamp(used - expired_under(figures));
		overrun = used > blocks_at;
	}

	/* The counter is ours, or bookings are excluded: what is used stays what it is until we commit. */
	if (overrun && !(state->blocked && blocks_at >= state->blocked_at))
		message_refuse_limit(figures, blocks_at, used);
	if (!overrun)
		changed_counter_mark_judged(state->cap_id);
	state->event_id = event_record(kind, figures, NULL, &state->used, request->reason);
}

/* Finds the cap with the service, participant, metric and range of a request; 0: there is none. */
static int32
cap_find(const CapRequest *request)
{
	static const char query[] =
		"SELECT cap_id FROM steering.cap"
		" WHERE service_id = $1 AND participant_id = $2 AND metric = $3 AND during = $4";
	Oid types[] = {INT4OID, INT4OID, TEXTOID, DATERANGEOID};
	Datum values[] = {Int32GetDatum(request->service_id), Int32GetDatum(request->participant_id),
					  CStringGetTextDatum(request->metric), request->during};
	int32 cap_id = 0;
	bool isnull;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(query, lengthof(values), types, values, NULL) > 0)
		cap_id = DatumGetInt32(own_spi_column(0, 1, &isnull));
	own_spi_end(&spi);
	return cap_id;
}

/*
 * Locks the counter of a cap, as one row, to the end of the transaction. False: there is none. Call
 * rulebook_enter_booking() before: somebody who excludes bookings may want that row. Who locks several goes by their
 * ids, as bookings do.
 */
bool
cap_lock(int32 cap_id)
{
	Relation counters = counter_open();
	bool found;

	unwritten_flush();
	found = counter_lock(counters, cap_id);
	counter_close(counters);
	return found;
}

/*
 * Reads a cap and its counter, which is locked, or bookings are excluded. Within own_spi; false: there is no such
 * cap.
 */
static bool
cap_read(int32 cap_id, CapState *state)
{
	static const char query[] = "SELECT revision, steering.blocks_at(ladder, amount), xmin"
								" FROM steering.cap WHERE cap_id = $1";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};
	Relation counters;
	int32 revision;
	bool isnull;

	if (own_spi_execute(query, lengthof(values), types, values, NULL) == 0)
		return false;
	state->cap_id = cap_id;
	state->revision = DatumGetInt32(own_spi_column(0, 1, &isnull));
	state->blocked_at = DatumGetAmount(own_spi_column(0, 2, &isnull));
	state->blocked = !isnull;
	state->is_ours =
		TransactionIdIsCurrentTransactionId(DatumGetTransactionId(own_spi_column(0, 3, NULL)));
	counters = counter_open();
	state->has_counter = counter_read(counters, cap_id, &state->used, &revision);
	counter_close(counters);
	return true;
}

/* is_part_of_act() */
Datum
steering_is_part_of_act(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cap_part);
}

/* Runs a query that writes a cap as a request says, and the triggers on that. Within own_spi. */
static uint64
cap_execute(const CapRequest *request, const char *query, int nargs, Oid *types, Datum *values,
			const char *nulls)
{
	cap_part = request->is_part;
	PG_TRY();
	{
		(void) own_spi_execute(query, nargs, types, values, nulls);
	}
	PG_FINALLY();
	{
		cap_part = false;
	}
	PG_END_TRY();
	return SPI_processed;
}

/*
 * Writes the limit and ladder of a request to a cap, unless they are that already; false: they are.
 * Within own_spi, the counter locked.
 */
static bool
cap_write(const CapRequest *request, CapState *state)
{
	static const char update_cap[] =
		"UPDATE steering.cap SET amount = $2, revision = revision + 1,"
		" ladder = coalesce($3::steering.ladder, ladder)"
		" WHERE cap_id = $1 AND (amount OPERATOR(steering.<>) $2"
		" OR ladder OPERATOR(steering.<>) coalesce($3::steering.ladder, ladder))"
		" RETURNING revision";
	Oid types[] = {INT4OID, own_amount_type(), TEXTOID};
	Datum values[] = {Int32GetDatum(state->cap_id), AmountGetDatum(request->amount),
					  request->ladder == NULL ? (Datum) 0 : CStringGetTextDatum(request->ladder)};
	const char *nulls = request->ladder == NULL ? "  n" : "   ";
	bool isnull;

	if (cap_execute(request, update_cap, lengthof(values), types, values, nulls) == 0)
		return false;
	state->revision = DatumGetInt32(own_spi_column(0, 1, &isnull));
	counter_set_revision(state->cap_id, state->revision);
	node_ledger_revise(state->cap_id);
	return true;
}

/*
 * Makes limit and ladder of a cap be as requested; false when it was dropped meanwhile. Says and changes nothing
 * if it is so already: the number of the event, where it is asked for, is 0 then.
 *
 * The table lock comes before the row's: somebody who excludes bookings may want that row.
 */
bool
cap_revise(int32 cap_id, const CapRequest *request, int64 *event_id)
{
	CapState state = {0};
	bool changed;
	OwnSpi spi;

	rulebook_enter_booking();
	own_spi_begin(&spi);

	/* Who drops the cap excludes bookings, whom we have joined: if we had to wait for that, it is gone by now. */
	if (!cap_lock(cap_id) || !cap_read(cap_id, &state))
	{
		own_spi_end(&spi);
		return false;
	}
	changed = cap_write(request, &state);
	own_spi_end(&spi);
	if (changed && this_node_id() == NODE_COORDINATOR)
		state.used = amount_clamp(state.used + cap_elsewhere_revised(cap_id, state.is_ours));
	if (changed)
		cap_finish(request, "revised", &state);
	else if (request->accept_overrun)
		changed_counter_mark_judged(cap_id); /* nothing is to be said of it but this */
	if (event_id != NULL)
		*event_id = state.event_id;
	return true;
}

/* Has all forgotten where a cap has no higher id than all before, as of a sequence that was set back: it is no news by its id. */
static void
cap_tell_number(int32 cap_id)
{
	if (cap_list_last() > cap_id)
		rulebook_invalidate();
}

/*
 * Returns the query that inserts a cap: one that is made while scaled out spans nodes, and one that the coordinator has
 * made has the number, $7, that it has there.
 */
static char *
cap_insert_query(const CapRequest *request)
{
	bool spans = this_node_id() != NODE_NONE;
	bool has_number = request->cap_id != 0;

	return psprintf(
		"INSERT INTO steering.cap (%s%sservice_id, participant_id, metric, during, amount, ladder)"
		" OVERRIDING SYSTEM VALUE"
		" SELECT %s%sservice_id, participant_id, $3, $4, $5, $6::steering.ladder"
		" FROM steering.service, steering.participant"
		" WHERE service_id = $1 AND participant_id = $2 RETURNING cap_id",
		has_number ? "cap_id, " : "", spans ? "spans, " : "", has_number ? "$7, " : "",
		spans ? "true, " : "");
}

/* Inserts a row and returns its number. Within own_spi. */
static int32
cap_insert(const CapRequest *request)
{
	const char *ladder = request->ladder == NULL ? CAP_LADDER_OF_NEW_CAPS : request->ladder;
	Oid types[] = {INT4OID, INT4OID, TEXTOID, DATERANGEOID, own_amount_type(), TEXTOID, INT4OID};
	Datum values[] = {Int32GetDatum(request->service_id),   Int32GetDatum(request->participant_id),
					  CStringGetTextDatum(request->metric), request->during,
					  AmountGetDatum(request->amount),      CStringGetTextDatum(ladder),
					  Int32GetDatum(request->cap_id)};

	if (cap_execute(request, cap_insert_query(request), lengthof(values), types, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("service or participant of the cap was deleted meanwhile")));
	return DatumGetInt32(own_spi_column(0, 1, NULL));
}

/* Inserts a cap and its counter. Bookings are excluded, and with them changes of the registers. */
static int32
cap_create(const CapRequest *request, int64 *event_id)
{
	CapState state = {.revision = 1};
	OwnSpi spi;

	own_spi_begin(&spi);
	state.cap_id = cap_insert(request);
	state.used = counter_create(state.cap_id, request->accept_overrun);
	own_spi_end(&spi);
	node_ledger_add(state.cap_id);
	cap_tell_number(state.cap_id);
	state.used = amount_clamp((int128) state.used + cap_elsewhere_new(state.cap_id));
	cap_finish(request, "created", &state);
	if (event_id != NULL)
		*event_id = state.event_id;
	return state.cap_id;
}

/* Tells whether a range covers months in part: their bookings have to be read from the tables. */
static bool
cap_reads_bookings(Datum during)
{
	DateADT first_day;
	DateADT end_day;

	day_range_read(during, &first_day, &end_day);
	return !calendar_begins_month(first_day) || !calendar_begins_month(end_day);
}

/*
 * Makes a cap be as requested and returns its id; event_id, which may be NULL, gets the number of the event, 0 if it
 * was so already.
 *
 * Raises 23S71 or 23S72 where the limit would be below usage, 40001 on a concurrent change that the
 * transaction's snapshot cannot see.
 */
int32
cap_set(const CapRequest *request, int64 *event_id)
{
	int32 cap_id = cap_find(request);

	if (cap_id != 0 && cap_revise(cap_id, request, event_id))
		return cap_id;

	if (cap_reads_bookings(request->during))
		source_table_lock_all();
	exclude_bookings();

	/* While we waited another session may have created the cap. From here on nobody creates or drops one. */
	cap_id = cap_find(request);
	if (cap_id == 0)
		return cap_create(request, event_id);
	if (!cap_revise(cap_id, request, event_id))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("cap %d has no counter", cap_id),
						errhint("Call steering.repair().")));
	return cap_id;
}

/*
 * Makes the cap with the number of a request be as that says: as the coordinator has it. Whoever applies its changes
 * has excluded bookings where one may be new.
 */
void
cap_follow(const CapRequest *request)
{
	int32 cap_id = cap_find(request);

	if (cap_id != 0 && cap_id != request->cap_id)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("cap %d of the coordinator is cap %d on this node", request->cap_id,
							   cap_id)));
	if (cap_id == 0)
		(void) cap_create(request, NULL);
	else if (!cap_revise(cap_id, request, NULL))
		cap_not_found(cap_id);
}

/* Drops a cap with its counter, after the bookings that run; 42704: there is no such cap. */
void
cap_drop(int32 cap_id, const char *reason)
{
	static const char delete_cap[] = "DELETE FROM steering.cap WHERE cap_id = $1";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};
	CapState state = {0};
	OwnSpi spi;

	exclude_bookings();
	own_spi_begin(&spi);
	if (!cap_read(cap_id, &state))
		cap_not_found(cap_id);
	event_record("dropped", cap_figures_of(cap_id, state.revision), NULL,
				 state.has_counter ? &state.used : NULL, reason);
	counter_drop(cap_id);
	own_spi_execute(delete_cap, lengthof(values), types, values, NULL);
	own_spi_end(&spi);
	node_ledger_drop(cap_id);
	rulebook_invalidate();
}
