/*
 * reader_guard.c
 *	  The trigger that keeps the column "reader" of the participants for whoever may pass figures on.
 *
 * A reader sees the figures of its participant and of all below it. So to name one, and to put a
 * participant below one, is to grant: it takes the right to read all figures with the grant option. Who
 * keeps the registers without that may do everything else, also move participants as long as nobody
 * reads more than before.
 *
 * It looks at what a statement comes to, after triggers of others. The owner of the extension and
 * superusers, as whom dumps are restored, may grant anyway.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "call.h"
#include "own.h"

/* Who got a reader by an INSERT, and by an UPDATE another one. */
#define READER_INSERTED "SELECT code FROM sp71_new WHERE reader IS NOT NULL ORDER BY code LIMIT 1"
#define READER_CHANGED                                                                             \
	"SELECT entry.code FROM sp71_old AS was JOIN sp71_new AS entry USING (participant_id) "        \
	"WHERE was.reader::text IS DISTINCT FROM entry.reader::text ORDER BY entry.code LIMIT 1"

/* Moved participants with a reader above them, or of their own, that was not there before the statement. */
#define READER_GAINED                                                                              \
	"WITH RECURSIVE moved AS ("                                                                    \
	"SELECT entry.code FROM sp71_old AS was JOIN sp71_new AS entry USING (participant_id) "        \
	"WHERE was.parent IS DISTINCT FROM entry.parent), "                                            \
	"former AS (SELECT entry.code, entry.reader::text AS reader, "                                 \
	"CASE WHEN was.code IS NULL THEN entry.parent ELSE was.parent END AS parent "                  \
	"FROM steering.participant AS entry LEFT JOIN sp71_old AS was USING (participant_id)), "       \
	"above_then (moved, parent, reader) AS ("                                                      \
	"SELECT code, parent, reader FROM former WHERE code IN (SELECT code FROM moved) "              \
	"UNION SELECT above.moved, former.parent, former.reader "                                      \
	"FROM above_then AS above JOIN former ON former.code = above.parent), "                        \
	"above_now (moved, parent, reader) AS ("                                                       \
	"SELECT code, parent, reader::text FROM steering.participant "                                 \
	"WHERE code IN (SELECT code FROM moved) "                                                      \
	"UNION SELECT above.moved, entry.parent, entry.reader::text "                                  \
	"FROM above_now AS above JOIN steering.participant AS entry ON entry.code = above.parent) "    \
	"SELECT moved, reader FROM above_now WHERE reader IS NOT NULL "                                \
	"EXCEPT SELECT moved, reader FROM above_then ORDER BY 1, 2 LIMIT 1"

/* New readers that are no roles. */
#define READER_UNKNOWN_INSERTED                                                                    \
	"SELECT code, reader::text FROM sp71_new WHERE reader IS NOT NULL AND reader::oid = 0 "        \
	"ORDER BY code"
#define READER_UNKNOWN_CHANGED                                                                     \
	"SELECT entry.code, entry.reader::text "                                                       \
	"FROM sp71_old AS was JOIN sp71_new AS entry USING (participant_id) "                          \
	"WHERE entry.reader IS NOT NULL AND entry.reader::oid = 0 "                                    \
	"AND was.reader::text IS DISTINCT FROM entry.reader::text ORDER BY entry.code"

/* Runs a query without arguments; its rows are in SPI_tuptable. */
static uint64
reader_execute(const char *query)
{
	return own_spi_execute(query, 0, NULL, NULL, NULL);
}

/* Refuses to name a reader, for a query that finds whose. */
static void
reader_check_named(const char *query)
{
	if (reader_execute(query) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set the reader of participant \"%s\"",
						own_spi_text(0, 1)),
				 errdetail("A reader sees the figures of the participant and of all below it."),
				 errhint("Only who may grant SELECT on steering.cap may say who reads them.")));
}

/* Refuses to put a participant below a reader. */
static void
reader_check_moved(void)
{
	if (reader_execute(READER_GAINED) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to move participant \"%s\"", own_spi_text(0, 1)),
				 errdetail("Role \"%s\", a reader above its new place, would see its figures.",
						   own_spi_text(0, 2)),
				 errhint("Only who may grant SELECT on steering.cap may say who reads them.")));
}

/* Refuses a reader that is no role. */
static void
reader_check_roles(void)
{
	if (reader_execute(READER_UNKNOWN_CHANGED) > 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("role \"%s\" does not exist", own_spi_text(0, 2))));
}

/*
 * Warns of readers that are no roles. Not refused: a dump is being restored, most likely, where these
 * roles are missing.
 */
static void
reader_warn_of_roles(void)
{
	uint64 count = reader_execute(READER_UNKNOWN_INSERTED);

	for (uint64 i = 0; i < count; i++)
		ereport(WARNING, (errcode(ERRCODE_STEERING_WARNING),
						  errmsg("role \"%s\", reader of participant \"%s\", does not exist",
								 own_spi_text(i, 2), own_spi_text(i, 1)),
						  errdetail("Until there is one, nobody has the right to read by that.")));
}

PG_FUNCTION_INFO_V1(steering_guard_reader);

/* Statement trigger after INSERT and UPDATE of the register of participants. */
Datum
steering_guard_reader(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	bool may_grant = pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(),
									   ACL_GRANT_OPTION_FOR(ACL_SELECT)) == ACLCHECK_OK;
	bool inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	OwnSpi spi;

	own_spi_begin(&spi);
	if (SPI_register_trigger_data(trigger) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
	if (!may_grant)
		reader_check_named(inserted ? READER_INSERTED : READER_CHANGED);
	if (!may_grant && !inserted)
		reader_check_moved();
	if (inserted)
		reader_warn_of_roles();
	else
		reader_check_roles();
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}
