/*
 * decision_log.c
 *	  The only writer of steering.decision_log: appends what took effect, at the end of the transaction.
 *
 * The trigger is deferred, so the head is locked as the last thing: acts wait for each other here, from the
 * end of their work to their commit, and bookings never. The latest snapshot shows the row before, whatever
 * the isolation level.
 *
 * The row and its hash are made by SQL (next_log_line(), log_hash()): verify_log() does the same. Objects of 0.4
 * have a log without details, and get the rows of that version (recipe 1).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/rel.h"

#include "decisions/deciding.h"
#include "kept_plan.h"
#include "own.h"

PG_FUNCTION_INFO_V1(steering_append_decision);

/* The row that 0.4 appends. */
static const char log_line_of_0_4[] =
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

/* The row that later versions append. */
static const char log_line[] =
	"INSERT INTO steering.decision_log SELECT * FROM steering.next_log_line($1)";

/* Appends a decision to the log, unless that has it already. The head is locked. */
static void
log_append(Datum decision)
{
	static SPIPlanPtr kept[2];
	bool is_old = !deciding_has_details();
	Oid types[] = {INT4OID};
	OwnSpi spi;

	own_spi_begin(&spi);
	kept_plan_execute(&kept[is_old], is_old ? log_line_of_0_4 : log_line, 1, types, &decision,
					  NULL);
	own_spi_end(&spi);
}

/* Deferred row trigger on decision_record. A row that the log has already was restored from a dump. */
Datum
steering_append_decision(PG_FUNCTION_ARGS)
{
	TriggerData *data = deciding_trigger(fcinfo);
	HeapTuple row =
		TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	bool isnull;

	if (deciding_is_restore())
		return PointerGetDatum(NULL);
	deciding_lock_head();
	log_append(SPI_getbinval(row, RelationGetDescr(data->tg_relation), 1, &isnull));
	return PointerGetDatum(NULL);
}
