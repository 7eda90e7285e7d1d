/*
 * decision_log.c
 *	  The only writer of steering.decision_log: appends what took effect, at the end of the transaction.
 *
 * The trigger is deferred, so the head is locked as the last thing: acts wait for each other here, from the
 * end of their work to their commit, and bookings never. The latest snapshot shows the row before, whatever
 * the isolation level.
 *
 * The hash is made by SQL (log_hash()), from the row as it is stored: verify_log() does the same.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/rel.h"

#include "decisions/deciding.h"
#include "decisions/kept_plan.h"
#include "own.h"

PG_FUNCTION_INFO_V1(steering_append_decision);

/* Deferred row trigger on decision_record. A row that the log has already was restored from a dump. */
Datum
steering_append_decision(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] =
		"INSERT INTO steering.decision_log"
		" SELECT line.*, steering.log_hash(ROW(line.*, '\\x'::bytea)::steering.decision_log) FROM ("
		"  SELECT coalesce(last.position, 0) + 1, 1, entry.decision_id, entry.executed_at, entry.act,"
		"   entry.service, entry.participant, entry.amount, entry.arguments::text, entry.reason,"
		"   entry.document, entry.method, entry.in_mandate, entry.proposed_by, entry.executed_by,"
		"   coalesce((SELECT jsonb_agg(jsonb_build_object('functionary', signed.functionary,"
		"     'signed_for', signed.signed_for, 'choice', signed.choice, 'participant', signed.participant,"
		"     'round', signed.round, 'at', steering.utc_text(signed.at), 'remark', signed.remark,"
		"     'fingerprint', encode(signed.fingerprint, 'hex')) ORDER BY signed.at, signed.functionary)"
		"    FROM steering.signature_record AS signed WHERE signed.decision_id = entry.decision_id),"
		"    '[]')::text, entry.outcome,"
		"   coalesce(last.hash, decode(repeat('0', 64), 'hex'))"
		"  FROM steering.decision_record AS entry"
		"  LEFT JOIN (SELECT log.position, log.hash FROM steering.decision_log AS log"
		"   ORDER BY log.position DESC LIMIT 1) AS last ON true"
		"  WHERE entry.decision_id = $1 AND entry.state = 'executed' AND NOT EXISTS ("
		"   SELECT FROM steering.decision_log AS log WHERE log.decision_id = entry.decision_id)) AS line";
	TriggerData *data = deciding_trigger(fcinfo);
	HeapTuple row =
		TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	Oid types[] = {INT4OID};
	Datum values[1];
	bool isnull;
	OwnSpi spi;

	if (deciding_is_restore())
		return PointerGetDatum(NULL);
	values[0] = SPI_getbinval(row, RelationGetDescr(data->tg_relation), 1, &isnull);
	deciding_lock_head();
	own_spi_begin(&spi);
	kept_plan_execute(&kept, query, 1, types, values, NULL);
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}
