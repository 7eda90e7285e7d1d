/*
 * settlement.c
 *	  What the functions of settlement.sql need and SQL cannot say: a snapshot that is later than a
 *	  wait, periods that stay closed or open to the end of the transaction, refusals by messages of
 *	  our own.
 *
 * Corrections enter like bookings (rulebook_enter_booking), which closings exclude: so the period that
 * a correction goes into is not closed without it, and the one it is about is not reopened meanwhile.
 */
#include "call.h"
#include "sp71_steering.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "own.h"
#include "own_text.h"
#include "rules/rulebook.h"
#include "types/day_range.h"
#include "types/shown.h"

PG_FUNCTION_INFO_V1(steering_store_settlement);
PG_FUNCTION_INFO_V1(steering_require_closed);
PG_FUNCTION_INFO_V1(steering_require_open);
PG_FUNCTION_INFO_V1(steering_refuse_part);
PG_FUNCTION_INFO_V1(steering_refuse_change);

/* How many of the problems that stop a closing are told in full. */
#define SETTLEMENT_PROBLEMS_TOLD 10

/* Returns what is told of each row that SPI has returned, or of the first ones and how many more there are. */
static char *
settlement_details(uint64 rows, void (*tell)(StringInfo details, uint64 row))
{
	StringInfoData details;

	initStringInfo(&details);
	for (uint64 i = 0; i < Min(rows, SETTLEMENT_PROBLEMS_TOLD); i++)
	{
		appendStringInfoString(&details, i == 0 ? "" : "\n");
		tell(&details, i);
	}
	if (rows > SETTLEMENT_PROBLEMS_TOLD)
		appendStringInfo(&details, _("\nAnd %llu more."),
						 (unsigned long long) (rows - SETTLEMENT_PROBLEMS_TOLD));
	return details.data;
}

/* Appends a problem, a row of settlement_check(). */
static void
settlement_tell_problem(StringInfo details, uint64 row)
{
	appendStringInfoString(details,
						   own_text_said(TextDatumGetCString(own_spi_column(row, 1, NULL))));
}

/*
 * Refuses to store a settlement of which amounts are not known, since weights are not. The extension may be
 * of a version that takes them as zero.
 */
static void
settlement_check(Datum closing)
{
	static const char query[] =
		"SELECT problem.detail, problem.hint, steering.name_period(closing.during),"
		"  count(*) OVER () FROM steering.closing CROSS JOIN LATERAL"
		"  steering.describe_settlement_problem(lower(closing.during), upper(closing.during)) AS problem"
		" WHERE closing.closing_id = $1 AND problem.problem = 'weight unknown'";
	Oid types[] = {INT4OID};
	uint64 rows;
	bool isnull;

	if (!own_has_relation(OWN_BILLED_CLOSING) ||
		(rows = own_spi_execute(query, lengthof(types), types, &closing, NULL)) == 0)
		return;
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("settlement of period %s cannot be computed",
						   TextDatumGetCString(own_spi_column(0, 3, &isnull))),
					errdetail_internal("%s", settlement_details(rows, settlement_tell_problem)),
					errhint("What to do: %s. All are listed by steering.settlement_problem().",
							own_text_said(TextDatumGetCString(own_spi_column(0, 2, &isnull))))));
}

/* Appends which line of a settlement, a row of store_settlement(), has no amount. */
static void
settlement_tell_unknown(StringInfo details, uint64 row)
{
	const char *line = own_spi_text(row, 1);
	const char *service = own_spi_text(row, 2);
	const char *participant = own_spi_text(row, 3);

	if (service == NULL || participant == NULL)
		appendStringInfo(details, _("The amount of line \"%s\" is not known."), line);
	else
		appendStringInfo(
			details,
			_("The amount of line \"%s\" of service \"%s\" for participant \"%s\" is not known."),
			line, service, participant);
}

/*
 * Refuses a settlement with lines that have no amount, the rows of store_settlement(): what they come to is more than an
 * amount, or hangs on one that is. Within own_spi.
 */
static void
settlement_refuse_unknown(uint64 rows)
{
	DateADT first_day = DatumGetDateADT(own_spi_column(0, 4, NULL));
	DateADT end_day = DatumGetDateADT(own_spi_column(0, 5, NULL));

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("settlement of period %s cannot be computed", period_shown(first_day, end_day)),
			 errdetail_internal("%s", settlement_details(rows, settlement_tell_unknown)),
			 errhint("See whether the bookings under the agreements are right.")));
}

/*
 * Stores the settlement of a period that this transaction has just closed; returns the number of the
 * closing.
 *
 * Closing has waited for bookings. They are seen by the latest snapshot only, which is not that of a
 * REPEATABLE READ transaction.
 */
Datum
steering_store_settlement(PG_FUNCTION_ARGS)
{
	static const char insert[] =
		"WITH computed AS MATERIALIZED (SELECT closing.closing_id, closing.during, line.*"
		"  FROM steering.closing CROSS JOIN LATERAL"
		"  steering.compute_settlement(lower(closing.during), upper(closing.during)) AS line"
		"  WHERE closing.closing_id = $1),"
		" stored AS (INSERT INTO steering.settlement_line (closing_id, position, line, service_id,"
		"  participant_id, agreement_id, key, quantity, price, amount, corrects)"
		"  SELECT line.closing_id, row_number() OVER (ORDER BY line.participant_id, line.service_id,"
		"   line.line, line.agreement_id, line.corrects, line.key),"
		"   line.line, line.service_id, line.participant_id, line.agreement_id, line.key,"
		"   line.quantity, line.price, line.amount, line.corrects"
		"  FROM computed AS line WHERE line.amount IS NOT NULL)"
		" SELECT line.line, service.code, participant.code, lower(line.during), upper(line.during)"
		" FROM computed AS line"
		" LEFT JOIN steering.service ON service.service_id = line.service_id"
		" LEFT JOIN steering.participant ON participant.participant_id = line.participant_id"
		" WHERE line.amount IS NULL ORDER BY 3, 2, 1";
	Oid types[] = {INT4OID};
	Datum values[] = {PG_GETARG_DATUM(0)};
	uint64 unknown;
	OwnSpi spi;

	own_spi_begin(&spi);
	settlement_check(values[0]);
	unknown = own_spi_execute(insert, lengthof(values), types, values, NULL);
	if (unknown > 0)
		settlement_refuse_unknown(unknown);
	own_spi_end(&spi);
	PG_RETURN_DATUM(values[0]);
}

/*
 * Reads a range of days, and returns the first closed period that has days in common with it; NULL: there
 * is none. So it stays to the end of the transaction.
 */
static const ClosedRange *
settlement_find_closed(Datum during, DateADT *first_day, DateADT *end_day)
{
	const ClosedDays *days;

	day_range_read(during, first_day, end_day);
	rulebook_enter_booking();
	days = rulebook_closed_days();
	for (int i = 0; days != NULL && i < days->count; i++)
		if (days->ranges[i].first_day < *end_day && days->ranges[i].end_day > *first_day)
			return &days->ranges[i];
	return NULL;
}

/* Finds the closing of just these days; 0: there is none. */
static int32
settlement_find_closing(Datum during)
{
	Oid types[] = {DATERANGEOID};
	int32 closing_id = 0;
	bool isnull;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute("SELECT closing_id FROM steering.closing"
						" WHERE during = $1 AND reopened_at IS NULL",
						lengthof(types), types, &during, NULL) > 0)
		closing_id = DatumGetInt32(own_spi_column(0, 1, &isnull));
	own_spi_end(&spi);
	return closing_id;
}

/* Returns the number of the closing of a period, which stays closed to the end of the transaction. */
Datum
steering_require_closed(PG_FUNCTION_ARGS)
{
	DateADT first_day;
	DateADT end_day;
	const ClosedRange *closed = settlement_find_closed(PG_GETARG_DATUM(0), &first_day, &end_day);
	int32 closing_id = settlement_find_closing(PG_GETARG_DATUM(0));

	if (closing_id != 0)
		PG_RETURN_INT32(closing_id);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("period %s is not closed", period_shown(first_day, end_day)),
			 closed != NULL ? errdetail("Closed is period %s, which overlaps it.",
										period_shown(closed->first_day, closed->end_day))
							: 0,
			 errhint("What an open period comes to changes with its bookings and agreements. "
					 "The closed ones are listed in steering.closed_period.")));
}

/* Checks that a period is open, as it stays to the end of the transaction. */
Datum
steering_require_open(PG_FUNCTION_ARGS)
{
	DateADT first_day;
	DateADT end_day;
	const ClosedRange *closed = settlement_find_closed(PG_GETARG_DATUM(0), &first_day, &end_day);

	if (closed != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("period %s overlaps closed period %s", period_shown(first_day, end_day),
						period_shown(closed->first_day, closed->end_day)),
				 errhint("Settle it in a period that is open, or reopen the closed one with "
						 "steering.reopen_period().")));
	PG_RETURN_VOID();
}

/* Raises that a period has only a part of the days of a closed one. */
Datum
steering_refuse_part(PG_FUNCTION_ARGS)
{
	DateADT first_day;
	DateADT end_day;
	DateADT closed_first_day;
	DateADT closed_end_day;
	char *closed;

	day_range_read(PG_GETARG_DATUM(0), &first_day, &end_day);
	day_range_read(PG_GETARG_DATUM(1), &closed_first_day, &closed_end_day);
	closed = period_shown(closed_first_day, closed_end_day);
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("period %s has a part of closed period %s",
						   period_shown(first_day, end_day), closed),
					errdetail("Period %s was settled as a whole.", closed),
					errhint("Ask for periods that have all of it, or none.")));
}

/* Refuses to change or remove rows that are only ever added. */
Datum
steering_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rows of \"%s\" never change", RelationGetRelationName(trigger->tg_relation)),
			 errhint("A correction is a line of its own: steering.correct_settlement().")));
}
