/*
 * closing.c
 *	  The only writer of steering.closing: closes periods to bookings, and reopens them.
 *
 * Which periods are closed is structure: bookings are excluded first. So a closing waits for all that
 * run, prepared ones too, and those that come later wait for it and then find the period closed. What
 * the same function or transaction reads afterwards with a new snapshot is what the period had in the
 * end. A longer period may be closed over shorter ones, such as a year over its months: these stay closed,
 * and are reopened after it. The times are the clock's: a transaction that waited began before bookings
 * that it closed in.
 */
#include "postgres.h"

#include "access/xact.h"
#include "bookings/exclude.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "call.h"
#include "own.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "steering/closing.h"
#include "steering/open_commitment.h"
#include "types/day_range.h"
#include "types/shown.h"

PG_FUNCTION_INFO_V1(steering_close_bookings);
PG_FUNCTION_INFO_V1(steering_reopen_bookings);
PG_FUNCTION_INFO_V1(steering_name_period);

extern Datum steering_period_range(PG_FUNCTION_ARGS);

/* The arguments of both functions. */
enum
{
	CLOSING_PERIOD,
	CLOSING_REASON
};

/* Returns the days of the period that a call is about. */
static Datum
closing_days(FunctionCallInfo fcinfo)
{
	call_check_not_null(PG_ARGISNULL(CLOSING_PERIOD), "period");
	return DirectFunctionCall1(steering_period_range, PG_GETARG_DATUM(CLOSING_PERIOD));
}

/* Prints a range of days as a period. */
static char *
closing_name(Datum during)
{
	DateADT first_day;
	DateADT end_day;

	day_range_read(during, &first_day, &end_day);
	return period_shown(first_day, end_day);
}

/*
 * Finds the longest closed period that has days in common with a range; false: there is none. In the way of
 * a closing are not those that are a part of it, if the extension is of a version that settles such.
 */
static bool
closing_find(Datum during, bool in_the_way)
{
	static const char query[] =
		"SELECT closing_id, during, during @> $1, closed_at FROM steering.closing"
		" WHERE reopened_at IS NULL AND during && $1 AND NOT ($2 AND during <@ $1 AND during <> $1)"
		" ORDER BY upper(during) - lower(during) DESC, during LIMIT 1";
	Oid types[] = {DATERANGEOID, BOOLOID};
	Datum values[] = {during, BoolGetDatum(in_the_way && own_has_relation(OWN_BILLED_CLOSING))};

	return own_spi_execute(query, lengthof(values), types, values, NULL) > 0;
}

/* Refuses to close what is closed in whole or in part, as closing_find() has found. */
static void
closing_refuse(Datum during)
{
	bool isnull;
	int32 closing_id = DatumGetInt32(own_spi_column(0, 1, &isnull));
	char *name = closing_name(during);
	char *other = closing_name(own_spi_column(0, 2, &isnull));
	bool closed = DatumGetBool(own_spi_column(0, 3, &isnull));
	TimestampTz closed_at = DatumGetTimestampTz(own_spi_column(0, 4, &isnull));
	bool same = strcmp(name, other) == 0;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 same     ? errmsg("period %s is closed already", name)
			 : closed ? errmsg("period %s is closed already, as a part of period %s", name, other)
					  : errmsg("period %s overlaps closed period %s", name, other),
			 errdetail_internal("%s", message_closing(closing_id, closed_at)),
			 same ? 0 : errhint("Reopen period %s first with steering.reopen_period().", other)));
}

/* Refuses to reopen what is not closed, or not as one period, or is a part of what is closed as well. */
static void
reopening_refuse(Datum during)
{
	char *other = NULL;
	bool is_part = false;
	bool isnull;

	if (closing_find(during, false))
	{
		other = closing_name(own_spi_column(0, 2, &isnull));
		is_part = DatumGetBool(own_spi_column(0, 3, &isnull));
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 is_part
				 ? errmsg("period %s is a part of closed period %s", closing_name(during), other)
				 : errmsg("period %s is not closed", closing_name(during)),
			 other && !is_part ? errdetail("Closed is period %s, which overlaps it.", other) : 0,
			 is_part
				 ? errhint("Reopen period %s first with steering.reopen_period().", other)
				 : errhint("A period is reopened as it was closed. The closed ones are listed in "
						   "steering.closed_period.")));
}

/* Makes all backends see another set of closed periods. */
static void
closing_announce(void)
{
	rulebook_invalidate();
	CommandCounterIncrement();
}

/* Closes a period to bookings. Returns the number of the closing. */
Datum
steering_close_bookings(PG_FUNCTION_ARGS)
{
	static const char insert[] =
		"INSERT INTO steering.closing (during, reason, bookings, amount, volume%s)"
		" SELECT $1, $2, coalesce(sum(bookings), 0), coalesce(sum(amount::numeric), 0),"
		"  coalesce(sum(volume::numeric), 0)%s"
		" FROM steering.usage_cell"
		" WHERE service_id <> 0 AND month >= lower($1) AND month < upper($1)"
		" RETURNING closing_id";
	Oid types[] = {DATERANGEOID, TEXTOID};
	Datum values[] = {closing_days(fcinfo), PG_GETARG_DATUM(CLOSING_REASON)};
	int32 closing_id;
	bool isnull;
	OwnSpi spi;

	exclude_bookings();
	own_spi_begin(&spi);
	if (closing_find(values[0], true))
		closing_refuse(values[0]);
	own_spi_execute(psprintf(insert, open_commitment_columns(), open_commitment_sums()),
					lengthof(values), types, values, PG_ARGISNULL(CLOSING_REASON) ? " n" : "  ");
	closing_id = DatumGetInt32(own_spi_column(0, 1, &isnull));
	open_commitment_tell(values[0], closing_name(values[0]));
	own_spi_end(&spi);
	closing_announce();
	PG_RETURN_INT32(closing_id);
}

/* Checks that a call gives a reason. */
static void
reopening_check_reason(FunctionCallInfo fcinfo)
{
	char *reason;

	call_check_not_null(PG_ARGISNULL(CLOSING_REASON), "reason");
	reason = text_to_cstring(PG_GETARG_TEXT_PP(CLOSING_REASON));
	if (reason[strspn(reason, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reason must not be empty")));
}

/* Opens a closed period to bookings again. Returns the number of the closing that ends. */
Datum
steering_reopen_bookings(PG_FUNCTION_ARGS)
{
	static const char update[] =
		"UPDATE steering.closing SET reopened_at = clock_timestamp(), reopened_by = session_user,"
		" reopen_reason = $2 WHERE during = $1 AND reopened_at IS NULL AND NOT EXISTS ("
		"  SELECT FROM steering.closing AS longer"
		"  WHERE longer.during @> $1 AND longer.during <> $1 AND longer.reopened_at IS NULL)"
		" RETURNING closing_id";
	Oid types[] = {DATERANGEOID, TEXTOID};
	Datum values[2];
	int32 closing_id;
	bool isnull;
	OwnSpi spi;

	values[0] = closing_days(fcinfo);
	reopening_check_reason(fcinfo);
	values[1] = PG_GETARG_DATUM(CLOSING_REASON);
	exclude_bookings();
	own_spi_begin(&spi);
	if (own_spi_execute(update, lengthof(values), types, values, NULL) == 0)
		reopening_refuse(values[0]);
	closing_id = DatumGetInt32(own_spi_column(0, 1, &isnull));
	own_spi_end(&spi);
	closing_announce();
	PG_RETURN_INT32(closing_id);
}

/*
 * Makes closings be as the coordinator has them: rows of steering.closing as JSON, those that were reopened first. What
 * a new one fixes are this node's own bookings. Bookings are excluded.
 */
void
closing_follow(Datum rows)
{
	static const char query[] =
		"INSERT INTO steering.closing (closing_id, during, closed_at, closed_by, reason, reopened_at,"
		"  reopened_by, reopen_reason, bookings, amount, volume%s) OVERRIDING SYSTEM VALUE"
		" SELECT told.closing_id, told.during, told.closed_at, told.closed_by, told.reason,"
		"  told.reopened_at, told.reopened_by, told.reopen_reason, own.*"
		" FROM ROWS FROM (jsonb_populate_recordset(NULL::steering.closing, $1)) WITH ORDINALITY AS told"
		" CROSS JOIN LATERAL (SELECT coalesce(sum(bookings), 0), coalesce(sum(amount::numeric), 0),"
		"   coalesce(sum(volume::numeric), 0)%s"
		"  FROM steering.usage_cell WHERE service_id <> 0"
		"  AND month >= lower(told.during) AND month < upper(told.during)) AS own"
		" ORDER BY told.ordinality"
		" ON CONFLICT (closing_id) DO UPDATE SET reopened_at = excluded.reopened_at,"
		"  reopened_by = excluded.reopened_by, reopen_reason = excluded.reopen_reason";
	Oid types[] = {JSONBOID};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(psprintf(query, open_commitment_columns(), open_commitment_sums()),
						   lengthof(types), types, &rows, NULL);
	own_spi_end(&spi);
	closing_announce();
}

/* name_period(during daterange): how messages call a range of days; null: it has no first or last. */
Datum
steering_name_period(PG_FUNCTION_ARGS)
{
	RangeType *range = PG_GETARG_RANGE_P(0);
	TypeCacheEntry *type = lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty || lower.infinite || upper.infinite || DATE_NOT_FINITE(DatumGetDateADT(lower.val)) ||
		DATE_NOT_FINITE(DatumGetDateADT(upper.val)))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(
		cstring_to_text(period_shown(DatumGetDateADT(lower.val), DatumGetDateADT(upper.val))));
}
