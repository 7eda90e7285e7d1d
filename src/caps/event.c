/*
 * event.c
 *	  The only writer of steering.event, and of NOTIFY on the channel sp71_steering.
 *
 * An event is written in the transaction that caused it, and disappears with it. The notification
 * is sent when that commits.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "caps/event.h"
#include "caps/message.h"
#include "caps/pending.h"
#include "own.h"

#define EVENT_ARGUMENTS 7

static const char event_insert[] =
	"INSERT INTO steering.event (kind, cap_id, service, participant, participant_id, metric, during,"
	" amount, ladder, threshold, used, reason)"
	" SELECT $1, c.cap_id, $2, $3, c.participant_id, c.metric, c.during,"
	" c.amount, c.ladder, $4, $5, $6"
	" FROM steering.cap c WHERE c.cap_id = $7";

/* Appends one member of a JSON object. */
static void
event_append(StringInfo json, const char *name, const char *value, bool quoted)
{
	appendStringInfo(json, "%s\"%s\": ", json->len > 1 ? ", " : "", name);
	if (quoted)
		escape_json(json, value);
	else
		appendStringInfoString(json, value);
}

/* Queues the notification of a step that was crossed. */
static void
event_notify(const char *kind, const CapFigures *figures, Amount threshold, Amount used)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	event_append(&json, "kind", kind, true);
	event_append(&json, "cap_id", psprintf("%d", figures->cap_id), false);
	event_append(&json, "service", figures->service, true);
	event_append(&json, "participant", figures->participant, true);
	event_append(&json, "metric", message_metric(figures->metric), true);
	event_append(&json, "threshold", message_amount(threshold), false);
	event_append(&json, "amount", message_amount(figures->amount), false);
	event_append(&json, "used", message_amount(used), false);
	appendStringInfoChar(&json, '}');
	pending_notify(json.data);
}

/*
 * Writes one row about a cap that stands in steering.cap now. threshold, used and reason may be
 * NULL. A step that was crossed ("notify", "warn") is also sent as a notification.
 */
void
event_record(const char *kind, const CapFigures *figures, const Amount *threshold,
			 const Amount *used, const char *reason)
{
	Oid types[EVENT_ARGUMENTS] = {TEXTOID,           TEXTOID, TEXTOID, own_amount_type(),
								  own_amount_type(), TEXTOID, INT4OID};
	Datum values[EVENT_ARGUMENTS];
	char nulls[EVENT_ARGUMENTS + 1] = "       ";
	OwnSpi spi;

	if (threshold != NULL && used != NULL)
		event_notify(kind, figures, *threshold, *used);

	values[0] = CStringGetTextDatum(kind);
	values[1] = CStringGetTextDatum(figures->service);
	values[2] = CStringGetTextDatum(figures->participant);
	values[3] = AmountGetDatum(threshold == NULL ? 0 : *threshold);
	nulls[3] = threshold == NULL ? 'n' : ' ';
	values[4] = AmountGetDatum(used == NULL ? 0 : *used);
	nulls[4] = used == NULL ? 'n' : ' ';
	values[5] = reason == NULL ? (Datum) 0 : CStringGetTextDatum(reason);
	nulls[5] = reason == NULL ? 'n' : ' ';
	values[6] = Int32GetDatum(figures->cap_id);

	own_spi_begin(&spi);
	own_spi_execute(event_insert, EVENT_ARGUMENTS, types, values, nulls);
	own_spi_end(&spi);
}
