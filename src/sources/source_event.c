/*
 * source_event.c
 *	  What happened to sources: the only writer of steering.source_event_log; see source_event.h.
 *
 * An event is of the transaction that it happens in. A source that goes with its table leaves the mapping behind
 * in its event, under the name of the table; the last event of a name says whether it is lost still. Where the
 * extension is of an earlier version there is no log, and nothing is recorded or found.
 *
 * Results are in the caller's memory.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "own.h"
#include "sources/source_event.h"

/* What a source has in closed periods, by month, as usage cells have it. */
#define SOURCE_EVENT_CLOSED                                                                        \
	"SELECT pg_catalog.jsonb_agg(cell) FROM (SELECT service_id, participant_id, month, "           \
	"sum(amount::numeric) AS amount, sum(volume::numeric) AS volume, sum(bookings) AS bookings "   \
	"FROM steering.usage_cell WHERE source_id = $2 AND service_id <> 0 "                           \
	"AND EXISTS (SELECT FROM steering.closing WHERE reopened_at IS NULL "                          \
	"AND month >= lower(during) AND month < upper(during)) "                                       \
	"GROUP BY 1, 2, 3 HAVING sum(bookings) <> 0) AS cell"

/* Records what happens to a source, be its table there or missing since a restore. */
#define SOURCE_EVENT_RECORD                                                                        \
	"INSERT INTO steering.source_event_log "                                                       \
	"(kind, source_id, relation, owner, mapping, acted_as, closed) "                               \
	"SELECT $1, entry.source_id, $3, $4::steering.role_reference, pg_catalog.jsonb_strip_nulls("   \
	"entry.mapping OPERATOR(pg_catalog.-) '{source_id,relation}'::text[]), $5, "                   \
	"CASE WHEN $1 = 'lost' THEN (" SOURCE_EVENT_CLOSED ") END FROM ("                              \
	"SELECT source_id, pg_catalog.to_jsonb(source) AS mapping FROM steering.source "               \
	"UNION ALL SELECT source_id, entry FROM steering.missing_table WHERE is_source "               \
	"AND source_id NOT IN (SELECT source_id FROM steering.source)) AS entry "                      \
	"WHERE entry.source_id = $2"

/* The name that the table of a source had last. */
#define SOURCE_EVENT_NAME                                                                          \
	"SELECT relation FROM steering.source_event_log "                                              \
	"WHERE source_id = $1 AND kind IN ('attached', 'found') ORDER BY event_id DESC LIMIT 1"

/* The columns stand in the order of LostSource. */
#define SOURCE_EVENT_MAPPING                                                                       \
	"mapping ->> 'service', mapping ->> 'participant', "                                           \
	"mapping ->> 'booked_on', mapping ->> 'amount', mapping ->> 'volume', "                        \
	"mapping ->> 'counts_when', mapping ->> 'reference', mapping ->> 'releases', "                 \
	"mapping ->> 'final', mapping ->> 'stage', mapping ->> 'unknown', "
#define SOURCE_EVENT_LOST                                                                          \
	"SELECT owner::oid, " SOURCE_EVENT_MAPPING "closed_event "                                     \
	"FROM steering.lost_source WHERE relation = $1"
#define SOURCE_EVENT_WRITTEN                                                                       \
	"SELECT NULL::oid, " SOURCE_EVENT_MAPPING "NULL::bigint "                                      \
	"FROM (SELECT $1::jsonb) AS written (mapping)"

/* Says that the table of a name is to be no source any more. */
#define SOURCE_EVENT_FORGET                                                                        \
	"INSERT INTO steering.source_event_log "                                                       \
	"(kind, source_id, relation, owner, mapping, acted_as) "                                       \
	"SELECT 'detached', source_id, relation, owner, mapping, $2 "                                  \
	"FROM steering.lost_source WHERE relation = $1"

static const char *const source_event_kinds[] = {
	[SOURCE_ATTACHED] = "attached",
	[SOURCE_DETACHED] = "detached",
	[SOURCE_LOST] = "lost",
	[SOURCE_FOUND] = "found",
};

/* Returns the role that acts now, as a query parameter of type name. */
static Datum
source_event_actor(void)
{
	return DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
}

/*
 * Records what happens to a source that is still written down. Its table has this name and owner (InvalidOid:
 * nobody knows).
 */
void
source_event_record(SourceEventKind kind, int32 source_id, const char *name, Oid owner)
{
	Oid types[] = {TEXTOID, INT4OID, TEXTOID, OIDOID, NAMEOID};
	Datum values[] = {
		CStringGetTextDatum(source_event_kinds[kind]),
		Int32GetDatum(source_id),
		CStringGetTextDatum(name),
		ObjectIdGetDatum(owner),
		source_event_actor(),
	};
	OwnSpi spi;

	if (!own_has_relation(OWN_SOURCE_EVENT_LOG))
		return;
	own_spi_begin(&spi);
	own_spi_execute(SOURCE_EVENT_RECORD, lengthof(types), types, values,
					OidIsValid(owner) ? NULL : "   n ");
	own_spi_end(&spi);
}

/* Returns the name that the table of a source had when it was attached; NULL: that was not recorded. */
char *
source_event_name(int32 source_id)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	char *name = NULL;
	OwnSpi spi;

	if (!own_has_relation(OWN_SOURCE_EVENT_LOG))
		return NULL;
	own_spi_begin(&spi);
	if (own_spi_execute(SOURCE_EVENT_NAME, lengthof(types), types, values, NULL) > 0)
		name = MemoryContextStrdup(caller, own_spi_text(0, 1));
	own_spi_end(&spi);
	return name;
}

/* Returns a column of the first row as a text in the memory of context; NULL: it is null. */
static const char *
source_event_text(int column, MemoryContext context)
{
	const char *text = own_spi_text(0, column);

	return text == NULL ? NULL : MemoryContextStrdup(context, text);
}

/* Makes a LostSource of the row that a query put out, in the memory of context. */
static LostSource *
source_event_read_lost(MemoryContext context)
{
	LostSource *lost = MemoryContextAllocZero(context, sizeof(LostSource));
	bool isnull;
	Datum owner = own_spi_column(0, 1, &isnull);
	int column = 2;
	Datum event;

	lost->owner = isnull ? InvalidOid : DatumGetObjectId(owner);
	for (int i = 0; i < MAPPING_COLUMNS; i++)
		lost->expressions[i] = source_event_text(column++, context);
	lost->stage = source_event_text(column++, context);
	lost->unknown = source_event_text(column++, context);
	event = own_spi_column(0, column, &isnull);
	lost->closed_event = isnull ? 0 : DatumGetInt64(event);
	return lost;
}

/* Returns the source that a query finds by a text, or NULL. */
static LostSource *
source_event_find(const char *query, const char *text)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(text)};
	LostSource *lost = NULL;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute(query, lengthof(types), types, values, NULL) > 0)
		lost = source_event_read_lost(caller);
	own_spi_end(&spi);
	return lost;
}

/* Returns the source that was lost with a table of this name, or NULL. */
LostSource *
source_event_lost(const char *name)
{
	return own_has_relation(OWN_SOURCE_EVENT_LOG) ? source_event_find(SOURCE_EVENT_LOST, name)
												  : NULL;
}

/* Returns a mapping that was written down as events have it, as that of a source which nobody knows to have been. */
LostSource *
source_event_written(const char *mapping)
{
	LostSource *written = source_event_find(SOURCE_EVENT_WRITTEN, mapping);

	if (written->stage == NULL || written->unknown == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" is not the mapping of a source", mapping)));
	return written;
}

/* Records that what was lost with a table of this name is not to be found any more; false: nothing was. */
bool
source_event_forget(const char *name)
{
	Oid types[] = {TEXTOID, NAMEOID};
	Datum values[] = {CStringGetTextDatum(name), source_event_actor()};
	uint64 count;
	OwnSpi spi;

	if (!own_has_relation(OWN_SOURCE_EVENT_LOG))
		return false;
	own_spi_begin(&spi);
	count = own_spi_execute(SOURCE_EVENT_FORGET, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	return count > 0;
}
