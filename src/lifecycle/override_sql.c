/*
 * override_sql.c
 *	  grant_override() and revoke_override(): the only writer of steering.override_grant.
 *
 * Both lock the counter of the cap as a whole first, as set_cap() does. So they wait for who draws of its overrides,
 * and who needs one afterwards finds it as it is then. Over several nodes who draws asks the coordinator for them, and
 * who revokes has whoever may draw give back first.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "bookings/event.h"
#include "call.h"
#include "ledger/counter.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "rules/cap_row.h"
#include "rules/rulebook.h"
#include "steering/cap.h"
#include "types/shown.h"

#define OVERRIDE_GRANT                                                                             \
	"INSERT INTO steering.override_grant (cap_id, amount, until, reason, uses)"                    \
	" VALUES ($1, $2, $3, $4, $5) RETURNING override_id, until::pg_catalog.text"

#define OVERRIDE_REVOKE                                                                            \
	"UPDATE steering.override_grant SET revoked_by = session_user,"                                \
	" revoked_at = pg_catalog.clock_timestamp(), revoke_reason = $2"                               \
	" WHERE override_id = $1 AND revoked_at IS NULL RETURNING amount"

/* Arguments of grant_override(), in order. */
enum
{
	GRANT_CAP,
	GRANT_AMOUNT,
	GRANT_UNTIL,
	GRANT_REASON,
	GRANT_USES,
	GRANT_ARGUMENTS
};

/* A cap whose counter is locked. */
typedef struct OverrideCap
{
	const CapFigures *figures; /* a copy */
	Amount used;
} OverrideCap;

PG_FUNCTION_INFO_V1(steering_grant_override);
PG_FUNCTION_INFO_V1(steering_revoke_override);

/* Checks how much may be drawn. */
static Amount
override_check_amount(Datum numeric)
{
	Amount amount = amount_exact_from_numeric(numeric, "amount");

	if (amount <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount must be positive: %s", amount_shown(amount))));
	return amount;
}

/* Checks until when. By the clock of the statement, as what is drawn. */
static TimestampTz
override_check_until(TimestampTz until)
{
	if (TIMESTAMP_NOT_FINITE(until))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("until must be a moment"),
						errhint("What an override has left lapses at some time.")));
	if (until <= GetCurrentStatementStartTimestamp())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("until must be in the future: %s", timestamptz_to_str(until))));
	return until;
}

/* Checks how often. */
static int32
override_check_uses(int32 uses)
{
	if (uses <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("uses must be positive: %d", uses)));
	return uses;
}

/* Checks that the arguments are there. */
static void
override_check_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"cap", "amount", "until", "reason", "uses"};

	for (int i = 0; i < GRANT_ARGUMENTS; i++)
		call_check_not_null(PG_ARGISNULL(i), names[i]);
}

/* Locks the counter of a cap as a whole, and reads both. False: there is no such cap. */
static bool
override_lock_cap(int32 cap_id, OverrideCap *cap)
{
	Relation counters;
	int32 revision;
	bool found;
	OwnSpi spi;

	rulebook_enter_booking();
	own_spi_begin(&spi);
	found = cap_lock(cap_id);
	own_spi_end(&spi);
	if (!found)
		return false;
	counters = counter_open();
	found = counter_read(counters, cap_id, &cap->used, &revision);
	counter_close(counters);
	cap->figures = found ? cap_figures_of(cap_id, revision) : NULL;
	if (cap->figures != NULL)
		cap->figures = cap_figures_copy(cap->figures);
	return cap->figures != NULL;
}

/* Checks that there is a threshold above which an override lets bookings go. */
static void
override_check_blocks(const CapFigures *figures)
{
	Amount blocks_at;

	if (!ladder_blocks_at(figures->ladder, figures->amount, &blocks_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cap %d never blocks", figures->cap_id),
				 errhint("Its ladder has no step that does, so bookings need no override.")));
}

/* Lets bookings go above the threshold of a cap. Returns the number of the override. */
Datum
steering_grant_override(PG_FUNCTION_ARGS)
{
	Oid types[] = {INT4OID, own_amount_type(), TIMESTAMPTZOID, TEXTOID, INT4OID};
	Datum values[lengthof(types)];
	OverrideCap cap;
	Amount amount;
	int32 override_id;
	char *reason;
	OwnSpi spi;

	override_check_arguments(fcinfo);
	amount = override_check_amount(PG_GETARG_DATUM(GRANT_AMOUNT));
	values[1] = AmountGetDatum(amount);
	values[2] = TimestampTzGetDatum(override_check_until(PG_GETARG_TIMESTAMPTZ(GRANT_UNTIL)));
	values[4] = Int32GetDatum(override_check_uses(PG_GETARG_INT32(GRANT_USES)));
	if (!override_lock_cap(PG_GETARG_INT32(GRANT_CAP), &cap))
		cap_not_found(PG_GETARG_INT32(GRANT_CAP));
	override_check_blocks(cap.figures);

	/* Nodes draw of it. */
	if (this_node_id() == NODE_COORDINATOR)
		lending_make_durable();
	values[0] = PG_GETARG_DATUM(GRANT_CAP);
	reason = text_to_cstring(PG_GETARG_TEXT_PP(GRANT_REASON));
	values[3] = CStringGetTextDatum(reason);

	own_spi_begin(&spi);
	own_spi_execute(OVERRIDE_GRANT, lengthof(types), types, values, NULL);
	override_id = DatumGetInt32(own_spi_column(0, 1, NULL));
	event_record("granted", cap.figures, NULL, &cap.used,
				 psprintf("override %d: %s until %s: %s", override_id, amount_shown(amount),
						  own_spi_text(0, 2), reason));
	own_spi_end(&spi);
	PG_RETURN_INT32(override_id);
}

/* Finds the cap of an override; an error when there is no such override. */
static int32
override_cap(int32 override_id)
{
	static const char query[] = "SELECT cap_id FROM steering.override_grant WHERE override_id = $1";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(override_id)};
	int32 cap_id;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(query, lengthof(types), types, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("override %d does not exist", override_id),
						errhint("The overrides are listed in steering.override_status.")));
	cap_id = DatumGetInt32(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	return cap_id;
}

/*
 * Has other nodes draw nothing of overrides of a cap from now until the transaction ends; waits for who does. 40001: one
 * that may does not answer in time.
 */
static void
override_stop_elsewhere(int32 cap_id)
{
	if (this_node_id() == NODE_COORDINATOR)
		lending_stop_alone(lending_lock(cap_id), NODE_COORDINATOR);
}

/* Ends an override. That of a cap that is gone has ended with it. */
Datum
steering_revoke_override(PG_FUNCTION_ARGS)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[lengthof(types)];
	OverrideCap cap;
	int32 override_id;
	char *reason;
	OwnSpi spi;

	call_check_not_null(PG_ARGISNULL(0), "override");
	call_check_not_null(PG_ARGISNULL(1), "reason");
	override_id = PG_GETARG_INT32(0);
	if (!override_lock_cap(override_cap(override_id), &cap))
		cap_not_found(override_cap(override_id));
	override_stop_elsewhere(cap.figures->cap_id);
	values[0] = Int32GetDatum(override_id);
	reason = text_to_cstring(PG_GETARG_TEXT_PP(1));
	values[1] = CStringGetTextDatum(reason);

	own_spi_begin(&spi);
	if (own_spi_execute(OVERRIDE_REVOKE, lengthof(types), types, values, NULL) == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("override %d was revoked already", override_id)));
	event_record("revoked", cap.figures, NULL, &cap.used,
				 psprintf("override %d: %s", override_id, reason));
	own_spi_end(&spi);
	PG_RETURN_VOID();
}
