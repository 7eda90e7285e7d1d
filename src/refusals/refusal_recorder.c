/*
 * refusal_recorder.c
 *	  Where refusals are kept, as sp71_steering.record_refusals says.
 *
 * A refusal is an error, which takes back whatever its transaction has written. So it is handed to a worker
 * (refusal_queue.c), or written to the server's log. That is done when it is raised, not when the transaction
 * ends: one that a program catches, and books less instead, was a refusal.
 */
#include "postgres.h"

#include "commands/sequence.h"
#include "lib/stringinfo.h"
#include "utils/json.h"

#include "own.h"
#include "refusals/refusal_queue.h"
#include "refusals/refusal_recorder.h"
#include "settings.h"

#define REFUSAL_LOG_PAUSE_MS 1000 /* between lines of a session about what the table has not */

/* Tells whether refusals are to be kept at all. */
bool
refusal_is_recorded(void)
{
	return steering_record_refusals != RECORD_REFUSALS_OFF;
}

/* Appends a field of a line for the log; an empty text is left out. */
static void
refusal_append_field(StringInfo line, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	appendStringInfo(line, "%s\"%s\": ", line->len > 1 ? ", " : "", name);
	escape_json(line, text);
}

/* Writes a refusal to the server's log: one line of JSON, without figures, since others may read it. */
static void
refusal_log(const RefusalRecord *record)
{
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoChar(&line, '{');
	refusal_append_field(&line, "kind", refusal_kind_name(record->kind));
	refusal_append_field(&line, "sqlstate", unpack_sql_state(record->sqlstate));
	refusal_append_field(&line, "cap", record->cap_id == 0 ? "" : psprintf("%d", record->cap_id));
	refusal_append_field(&line, "source", record->source);
	refusal_append_field(&line, "service", record->service);
	refusal_append_field(&line, "participant", record->participant);
	refusal_append_field(&line, "session_user", record->session_user);
	refusal_append_field(&line, "role", record->role);
	refusal_append_field(&line, "application", record->application);
	appendStringInfoChar(&line, '}');
	ereport(LOG_SERVER_ONLY, (errmsg_internal("sp71_steering refusal: %s", line.data),
							  errhidestmt(true), errhidecontext(true)));
}

/*
 * Notes that a refusal does not come into the table: a sequence counts it, which an error does not undo, and the
 * server's log has it, once in a second of each session. In a storm of refusals that is to slow nobody down.
 */
static void
refusal_lose(const RefusalRecord *record)
{
	static TimestampTz logged_at = 0;

	(void) nextval_internal(own_relation(OWN_REFUSAL_LOST), false);
	if (!TimestampDifferenceExceeds(logged_at, record->refused_at, REFUSAL_LOG_PAUSE_MS))
		return;
	logged_at = record->refused_at;
	refusal_log(record);
}

/* Keeps a refusal, as the setting says. */
void
refusal_record_keep(const RefusalRecord *record)
{
	/* Objects of an earlier version have no table for it. */
	bool to_table =
		steering_record_refusals == RECORD_REFUSALS_TABLE && own_has_relation(OWN_REFUSAL_LOST);

	if (!to_table)
		refusal_log(record);
	else if (!refusal_queue_put(record))
		refusal_lose(record);
}
