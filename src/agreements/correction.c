/*
 * correction.c
 *	  Corrections of a settlement when its period is reopened: they are taken back, since the period will
 *	  be settled anew with what they stand for; or the reopening is refused.
 *
 * A trigger of steering.closing, so that no way of reopening passes it by. Who reopens has excluded
 * bookings, and with them whoever corrects settlements: what stands is read with the latest snapshot, and
 * nothing comes after it.
 */
#include "call.h"
#include "sp71_steering.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "own.h"

PG_FUNCTION_INFO_V1(steering_reverse_corrections);

/* Runs a query that has the number of a closing as its only parameter. */
static uint64
correction_execute(const char *query, int32 closing_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(closing_id)};

	return own_spi_execute(query, lengthof(values), types, values, NULL);
}

/*
 * Refuses to reopen a period of which a correction was settled in a period that is closed, and so cannot
 * be taken back there. Named is the longest such period, which is the first to be reopened.
 */
static void
correction_check_open(int32 closing_id)
{
	static const char query[] =
		"SELECT standing.correction_id, service.code, participant.code,"
		"  steering.name_period(reopened.during), steering.name_period(closed.during)"
		" FROM steering.standing_correction AS standing"
		" JOIN steering.closing AS reopened ON reopened.closing_id = standing.closing_id"
		" JOIN steering.closing AS closed"
		"  ON closed.reopened_at IS NULL AND closed.during @> standing.month"
		" LEFT JOIN steering.service ON service.service_id = standing.service_id"
		" LEFT JOIN steering.participant ON participant.participant_id = standing.participant_id"
		" WHERE standing.closing_id = $1"
		" ORDER BY upper(closed.during) - lower(closed.during) DESC, lower(closed.during) DESC,"
		"  standing.correction_id LIMIT 1";

	if (correction_execute(query, closing_id) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("period %s has a correction that was settled in closed period %s",
					own_spi_text(0, 4), own_spi_text(0, 5)),
			 errdetail(
				 "Correction %s is of service \"%s\" for participant \"%s\". It would be billed a "
				 "second time when the reopened period is settled anew.",
				 own_spi_text(0, 1), own_spi_text(0, 2), own_spi_text(0, 3)),
			 errhint("Reopen period %s first, or take the correction back in an open period with "
					 "steering.reverse_correction().",
					 own_spi_text(0, 5))));
}

/* Takes back all corrections of a closing that still stand; returns how many there were. */
static uint64
correction_reverse_all(int32 closing_id)
{
	static const char insert[] =
		"INSERT INTO steering.settlement_correction"
		"  (closing_id, participant_id, service_id, amount, month, reason, reverses)"
		" SELECT standing.closing_id, standing.participant_id, standing.service_id,"
		"  (- standing.amount::numeric)::steering.amount, standing.month,"
		"  concat('reopened: ', closing.reopen_reason), standing.correction_id"
		" FROM steering.standing_correction AS standing"
		" JOIN steering.closing ON closing.closing_id = standing.closing_id"
		" WHERE standing.closing_id = $1 ORDER BY standing.correction_id";

	return correction_execute(insert, closing_id);
}

/* Follows the reopening of a period: takes its corrections back. */
Datum
steering_reverse_corrections(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	bool isnull;
	Datum closing_id =
		heap_getattr(trigger->tg_newtuple, 1, RelationGetDescr(trigger->tg_relation), &isnull);
	uint64 reversed;
	OwnSpi spi;

	own_spi_begin(&spi);
	correction_check_open(DatumGetInt32(closing_id));
	reversed = correction_reverse_all(DatumGetInt32(closing_id));
	own_spi_end(&spi);
	if (reversed > 0)
		ereport(NOTICE,
				(errmsg_plural("%llu correction of the reopened period was taken back",
							   "%llu corrections of the reopened period were taken back",
							   (unsigned long) reversed, (unsigned long long) reversed),
				 errdetail("Each has a reversing line in the period that it is settled in.")));
	PG_RETURN_POINTER(NULL);
}
