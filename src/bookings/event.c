/*
 * event.c
 *	  The only writer of steering.event_log, and of NOTIFY on the channel sp71_steering.
 *
 * An event is written in the transaction that caused it, and disappears with it. The notification
 * is sent when that commits. Any role may listen, so it says what happened to which cap, and no figure:
 * who may read these finds them in steering.event by the number.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "bookings/event.h"
#include "call.h"
#include "ledger/transaction.h"
#include "own.h"
#include "rules/message.h"

#define EVENT_ARGUMENTS 7
#define EVENT_CHANNEL "sp71_steering"
#define EVENT_MAX_PAYLOAD 7999 /* what NOTIFY takes, less its terminator */
#define EVENT_CODE_ROOM 3000   /* bytes that a code may take in a notification, which takes 7999 */

/* Until 0.3 the table had the name that the view has now. */
#define EVENT_INSERT(table)                                                                        \
	"INSERT INTO steering." table                                                                  \
	" (kind, cap_id, service, participant, participant_id, metric, during,"                        \
	" amount, ladder, threshold, used, reason)"                                                    \
	" SELECT $1, c.cap_id, $2, $3, c.participant_id, c.metric, c.during,"                          \
	" c.amount, c.ladder, $4, $5, $6"                                                              \
	" FROM steering.cap c WHERE c.cap_id = $7 RETURNING event_id"

/* The view had the types of the table until 0.3. */
#define EVENT_RESTORE                                                                              \
	"INSERT INTO steering.event_log (event_id, recorded_at, kind, cap_id, service, participant,"   \
	" participant_id, metric, during, amount, ladder, threshold, used, role_name, reason)"         \
	" OVERRIDING SYSTEM VALUE SELECT r.event_id, r.recorded_at, r.kind, r.cap_id, r.service,"      \
	" r.participant, r.participant_id, r.metric, r.during, r.amount::numeric::steering.amount,"    \
	" r.ladder::text::steering.ladder, r.threshold::numeric::steering.amount,"                     \
	" r.used::numeric::steering.amount, r.role_name, r.reason FROM (SELECT ($1).*) AS r"

/* A notification to send, by its number in the transaction. */
typedef struct EventNotification
{
	TransactionRow row;
	int32 key;
	char *payload; /* in TopTransactionContext */
} EventNotification;

static const TransactionRowShape event_notification_shape =
	TRANSACTION_ROW_SHAPE(EventNotification);

PG_FUNCTION_INFO_V1(steering_restore_event);

/* Appends one member of a JSON object, a number. */
static void
event_append_number(StringInfo json, const char *name, int64 value)
{
	appendStringInfo(json, "%s\"%s\": " INT64_FORMAT, json->len > 1 ? ", " : "", name, value);
}

/*
 * Appends one member of a JSON object, a text. Cuts a very long one off between characters, so that what is
 * sent is JSON.
 */
static void
event_append_text(StringInfo json, const char *name, const char *value)
{
	StringInfoData quoted;
	int end;

	initStringInfo(&quoted);
	appendStringInfo(json, "%s\"%s\": \"", json->len > 1 ? ", " : "", name);
	end = json->len + EVENT_CODE_ROOM;
	for (int length; *value != '\0'; value += length)
	{
		length = pg_mblen(value);
		resetStringInfo(&quoted);
		escape_json(&quoted, pnstrdup(value, length));
		if (json->len + quoted.len > end)
			break;
		/* Without the quotes that escape_json() puts around it. */
		appendBinaryStringInfo(json, quoted.data + 1, quoted.len - 2);
	}
	appendStringInfoChar(json, '"');
}

/* Sends a notification when the transaction commits. */
static void
event_queue(const char *payload)
{
	TransactionRows *rows =
		transaction_rows_of(TRANSACTION_NOTIFICATIONS, &event_notification_shape);
	int32 number = transaction_rows_count(rows);
	bool made;
	EventNotification *notification = transaction_rows_get(rows, &number, &made);
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	notification->payload = pnstrdup(payload, EVENT_MAX_PAYLOAD);
	MemoryContextSwitchTo(caller);
}

/* Sends the notifications of the transaction, which commits. */
void
event_send_notifications(void)
{
	TransactionRows *rows = transaction_rows_if_any(TRANSACTION_NOTIFICATIONS);
	int count = transaction_rows_count(rows);

	for (int i = 0; i < count; i++)
		Async_Notify(EVENT_CHANNEL, ((EventNotification *) transaction_rows_at(rows, i))->payload);
}

/* Queues the notification of a step that was crossed. */
static void
event_notify(int64 event_id, const char *kind, const CapFigures *figures)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	event_append_text(&json, "kind", kind);
	event_append_number(&json, "event_id", event_id);
	event_append_number(&json, "cap_id", figures->cap_id);
	event_append_text(&json, "service", figures->service);
	event_append_text(&json, "participant", figures->participant);
	event_append_text(&json, "metric", metric_name(figures->metric));
	appendStringInfoChar(&json, '}');
	event_queue(json.data);
}

/* Returns the number of the row that was written, or 0: the cap is not there any more. */
static int64
event_written(void)
{
	return SPI_processed == 0 ? 0 : DatumGetInt64(own_spi_column(0, 1, NULL));
}

/*
 * Writes one row about a cap that stands in steering.cap now, and returns its number. threshold, used and
 * reason may be NULL. A step that was crossed ("notify", "warn") is also sent as a notification.
 */
int64
event_record(const char *kind, const CapFigures *figures, const Amount *threshold,
			 const Amount *used, const char *reason)
{
	Oid types[EVENT_ARGUMENTS] = {TEXTOID,           TEXTOID, TEXTOID, own_amount_type(),
								  own_amount_type(), TEXTOID, INT4OID};
	Datum values[EVENT_ARGUMENTS];
	char nulls[EVENT_ARGUMENTS + 1] = "       ";
	int64 event_id;
	OwnSpi spi;

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
	own_spi_execute(own_has_relation(OWN_EVENT_LOG) ? EVENT_INSERT("event_log")
													: EVENT_INSERT("event"),
					EVENT_ARGUMENTS, types, values, nulls);
	event_id = event_written();
	own_spi_end(&spi);
	if (threshold != NULL && used != NULL)
		event_notify(event_id, kind, figures);
	return event_id;
}

/* Before a row of the view steering.event is inserted: inserts it into the table, with its number. */
Datum
steering_restore_event(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	Oid types[] = {RelationGetForm(trigger->tg_relation)->reltype};
	Datum values[] = {
		heap_copy_tuple_as_datum(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation))};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(EVENT_RESTORE, 1, types, values, NULL);
	own_spi_end(&spi);
	return PointerGetDatum(trigger->tg_trigtuple);
}
