/*
 * alias.c
 *	  The triggers on aliases: they mean one thing, and what they change of sources reaches the caps.
 *
 * An alias changes what rows mean that are there already. So it changes with bookings excluded, as the registers
 * do (register.c), and the sources are counted anew that may have rows with its value. There are none where a
 * source has nothing booked on what the value meant before, and ignores nothing: as is the rule where an
 * application has a new account, so that this costs one INSERT and reads no rows.
 *
 * Restoring a dump inserts aliases before the registers, the sources and their triggers are there. Then
 * there is nothing to compare them with or to count.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "call.h"
#include "ledger/allotment_return.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "sources/citus.h"
#include "sources/recount.h"
#include "sources/source_alias.h"
#include "steering/register.h"
#include "types/code.h"
#include "types/table_number.h"

/* Aliases of the statement that hold for the same rows as others. */
#define ALIAS_FIND_OVERLAP                                                                         \
	"SELECT entry.kind, entry.value, other.during::text, entry.during::text"                       \
	" FROM sp71_new AS entry JOIN steering.alias AS other USING (kind, value)"                     \
	" WHERE entry.source IS NOT DISTINCT FROM other.source AND entry.alias_id <> other.alias_id"   \
	" AND entry.during && other.during ORDER BY entry.alias_id, other.alias_id LIMIT 1"

/* Aliases of the statement for what is in no register, unless that is empty: it may still be restored. */
#define ALIAS_FIND_ORPHAN                                                                          \
	"SELECT entry.kind, entry.value, entry.code FROM sp71_new AS entry"                            \
	" WHERE CASE entry.kind"                                                                       \
	" WHEN 'service' THEN EXISTS (SELECT FROM steering.service)"                                   \
	" AND NOT EXISTS (SELECT FROM steering.service WHERE service.code = entry.code)"               \
	" ELSE EXISTS (SELECT FROM steering.participant)"                                              \
	" AND NOT EXISTS (SELECT FROM steering.participant WHERE participant.code = entry.code) END"   \
	" ORDER BY entry.alias_id LIMIT 1"

/* Aliases of the statement for rows of a table that is not there, unless it may still be restored. */
#define ALIAS_FIND_HOMELESS                                                                                    \
	"SELECT coalesce(entry.missing, entry.source::text) FROM sp71_new AS entry WHERE entry.source IS NOT NULL" \
	" AND NOT EXISTS (SELECT FROM pg_class WHERE pg_class.oid = entry.source)"                                 \
	" AND EXISTS (SELECT FROM steering.service) ORDER BY entry.alias_id LIMIT 1"

/*
 * The sources whose rows may mean something else after the statement, and whether that may be bookings: rows
 * with a value of it can be booked only on what the value meant before, by its old aliases, by others that are
 * still there, or by being a code. %1$s are the rows before, %2$s those after.
 */
#define ALIAS_FIND_TOUCHED                                                                         \
	"WITH was AS (SELECT * FROM %1$s), now AS (SELECT * FROM %2$s), changed AS ("                  \
	"  SELECT source::oid, kind, value FROM was UNION SELECT source::oid, kind, value FROM now"    \
	" ), meaning AS ("                                                                             \
	"  SELECT source, kind, value AS code FROM changed"                                            \
	"  UNION SELECT source::oid, kind, code FROM was"                                              \
	"  UNION SELECT changed.source, kind, alias.code FROM changed"                                 \
	"  JOIN steering.alias USING (kind, value)"                                                    \
	"  WHERE alias.alias_id NOT IN (SELECT alias_id FROM now)"                                     \
	" ), entry AS ("                                                                               \
	"  SELECT meaning.source, service.service_id, NULL::integer AS participant_id FROM meaning"    \
	"  JOIN steering.service USING (code) WHERE meaning.kind = 'service'"                          \
	"  UNION SELECT meaning.source, NULL, participant.participant_id FROM meaning"                 \
	"  JOIN steering.participant USING (code) WHERE meaning.kind = 'participant'"                  \
	" ), touched AS ("                                                                             \
	"  SELECT source.source_id, EXISTS (SELECT FROM steering.usage_cell AS cell"                   \
	"   JOIN entry ON entry.service_id = cell.service_id"                                          \
	"   WHERE cell.source_id = source.source_id AND cell.bookings <> 0"                            \
	"   AND (entry.source IS NULL OR entry.source = source.relation))"                             \
	"  OR EXISTS (SELECT FROM steering.usage_cell AS cell"                                         \
	"   JOIN entry ON entry.participant_id = cell.participant_id"                                  \
	"   WHERE cell.source_id = source.source_id AND cell.bookings <> 0"                            \
	"   AND (entry.source IS NULL OR entry.source = source.relation)) AS is_booked"                \
	"  FROM steering.source WHERE EXISTS (SELECT FROM changed"                                     \
	"   WHERE changed.source IS NULL OR changed.source = source.relation))"                        \
	" SELECT source_id, is_booked FROM touched WHERE is_booked OR EXISTS ("                        \
	"  SELECT FROM steering.usage_cell AS cell WHERE cell.source_id = touched.source_id"           \
	"  AND cell.service_id = 0 AND cell.bookings <> 0) ORDER BY source_id"

#define ALIAS_NO_ROWS "steering.alias WHERE false"

/* A source that is to be counted anew. */
typedef struct TouchedByAlias
{
	int32 source_id;
	bool is_booked; /* bookings may change; else only rows that are ignored */
} TouchedByAlias;

PG_FUNCTION_INFO_V1(steering_keep_alias_table);
PG_FUNCTION_INFO_V1(steering_follow_alias);

/* Returns a column of the first row as messages show codes. */
static const char *
alias_text(int column)
{
	return code_shown(own_spi_text(0, column));
}

/* Checks what a statement has written. */
static void
alias_check(void)
{
	if (register_execute(ALIAS_FIND_OVERLAP) > 0)
		ereport(ERROR, (errcode(ERRCODE_EXCLUSION_VIOLATION),
						errmsg("%s alias \"%s\" would mean two things on one day", _(alias_text(1)),
							   alias_text(2)),
						errdetail("It holds for bookings in %s already, and would for those in %s.",
								  alias_text(3), alias_text(4)),
						errhint("Change the alias that is there, or end it: column \"during\" of "
								"steering.alias.")));
	if (register_execute(ALIAS_FIND_ORPHAN) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("%s \"%s\", which alias \"%s\" is to mean, is unknown",
							   _(alias_text(1)), alias_text(3), alias_text(2)),
						errhint("Add it to steering.%s first.", alias_text(1))));
	if (register_execute(ALIAS_FIND_HOMELESS) > 0)
		message_alias_waits(alias_text(1));
}

/* Returns the sources that a statement touches, in the memory of context. */
static List *
alias_find_touched(TriggerData *trigger, MemoryContext context)
{
	bool inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	bool deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
	uint64 rows =
		register_execute(psprintf(ALIAS_FIND_TOUCHED, inserted ? ALIAS_NO_ROWS : "sp71_old",
								  deleted ? ALIAS_NO_ROWS : "sp71_new"));
	MemoryContext spi = MemoryContextSwitchTo(context);
	List *touched = NIL;

	for (uint64 i = 0; i < rows; i++)
	{
		TouchedByAlias *source = palloc(sizeof(TouchedByAlias));

		source->source_id = DatumGetInt32(own_spi_column(i, 1, NULL));
		source->is_booked = DatumGetBool(own_spi_column(i, 2, NULL));
		touched = lappend(touched, source);
	}
	MemoryContextSwitchTo(spi);
	return touched;
}

/*
 * Counts sources anew, judged as bookings. What was booked and is no booking now is refused as it would be if
 * it were written now. Of rows that were ignored some may be bookings now; a source that cannot be read keeps
 * them as they are.
 */
static void
alias_recount(List *touched)
{
	JudgeWhen when = this_node_is_applying() ? JUDGE_ACCEPTING : JUDGE_NOW;
	ListCell *cell;

	foreach(cell, touched)
	{
		const TouchedByAlias *source = lfirst(cell);

		if (source->is_booked)
			source_recount_strictly(source->source_id, when);
		else
			source_recount_readable(source->source_id, when);
	}
}

/* Checks that a trigger is on the aliases. */
static void
alias_check_trigger(TriggerData *trigger)
{
	if (!own_is_relation(RelationGetRelid(trigger->tg_relation), OWN_ALIAS))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("trigger \"%s\" of table \"%s\" is for aliases only",
							   trigger->tg_trigger->tgname,
							   RelationGetRelationName(trigger->tg_relation))));
}

/*
 * Returns the name to be kept with an alias: none, if its table is there; else that under which the table was
 * just read, or, where that was a number, as in a dump of a database where it was missing already, the one
 * that is kept.
 */
static const char *
alias_missing_name(TupleDesc desc, HeapTuple alias)
{
	bool isnull;
	Oid source = DatumGetObjectId(SPI_getbinval(alias, desc, SPI_fnumber(desc, "source"), &isnull));
	char *kept = SPI_getvalue(alias, desc, SPI_fnumber(desc, "missing"));

	if (isnull || get_rel_relkind(source) != '\0')
		return NULL;
	return kept == NULL ? table_number_unknown_name(source) : kept;
}

/* Refuses an alias for one source alone, where that is distributed: its rows are those of other sources, its shards. */
static void
alias_check_source(TupleDesc desc, HeapTuple alias)
{
	bool isnull;
	Oid source = DatumGetObjectId(SPI_getbinval(alias, desc, SPI_fnumber(desc, "source"), &isnull));

	if (!isnull && !this_node_is_applying() && citus_kind(source) == CITUS_DISTRIBUTED)
		source_alias_raise(SPI_getvalue(alias, desc, SPI_fnumber(desc, "value")), source);
}

/* Before an alias is written: keeps the name of its table, if that is not there. */
Datum
steering_keep_alias_table(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int column = SPI_fnumber(desc, "missing");
	HeapTuple alias;
	const char *name;
	Datum value;
	bool isnull;

	alias_check_trigger(trigger);
	alias =
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	alias_check_source(desc, alias);
	name = alias_missing_name(desc, alias);
	isnull = name == NULL;
	value = isnull ? (Datum) 0 : CStringGetTextDatum(name);
	return PointerGetDatum(heap_modify_tuple_by_cols(alias, desc, 1, &column, &value, &isnull));
}

/* After a statement that changed aliases. */
Datum
steering_follow_alias(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	MemoryContext caller = CurrentMemoryContext;
	List *touched;
	OwnSpi spi;

	alias_check_trigger(trigger);
	register_begin(&spi, trigger);
	if (!TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		alias_check();
	touched = alias_find_touched(trigger, caller);
	own_spi_end(&spi);
	rulebook_invalidate();
	allotment_doubt();
	alias_recount(touched);
	return PointerGetDatum(NULL);
}
