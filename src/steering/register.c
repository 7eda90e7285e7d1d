/*
 * register.c
 *	  Triggers on the registers of participants and services: both stay trees of entries that can be
 *	  relied on, and their changes reach the caps.
 *
 * One code for both registers; what differs stands in a Register, with the queries made for it.
 *
 * What decides which caps apply to a booking (entries, parents, ranges of days, require_cap) changes
 * with bookings excluded: by a trigger before the statement, so that nobody waits for bookings with
 * rows of a register locked. The work is done after the statement, on its old and new rows at once:
 * a subtree may be moved entry by entry in one statement, and only the outcome is judged. Queries
 * run as the extension's owner, so a steward needs rights on the register alone.
 *
 * Restoring a dump inserts into registers too, before the triggers of finance tables exist. Then
 * there is nothing to count: counters come with the dump.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"

#include "bookings/exclude.h"
#include "bookings/judge.h"
#include "call.h"
#include "ledger/counter_recount.h"
#include "own.h"
#include "rules/rulebook.h"
#include "sources/recount.h"
#include "sources/source_reading.h"
#include "sources/source_table.h"
#include "steering/register_query.h"
#include "types/code.h"
#include "types/shown.h"

/* What differs between the registers. */
typedef struct Register
{
	OwnRelation relation;
	const char *noun;
	const char *read_changes;
	const char *find_orphan;
	const char *find_cycle;
	const char *find_outside;
	const char *find_outside_before_0_3;
	const char *find_below;
	const char *find_capped;
	const char *find_booked;
	const char *delete_cells;
	const char *find_caps;
} Register;

static const Register registers[] = {
	{OWN_PARTICIPANT, "participant", REGISTER_QUERIES("participant", "reader")},
	{OWN_SERVICE, "service", REGISTER_QUERIES("service", "require_cap")},
};

/* What an UPDATE altered. */
typedef struct RegisterChanges
{
	bool moved;    /* a parent */
	bool narrowed; /* a range of days, which does not hold all that it held */
	bool widened;  /* a range of days, which holds what it did not hold */
	bool rules;    /* something else that the rulebook knows */
} RegisterChanges;

PG_FUNCTION_INFO_V1(steering_exclude_bookings);
PG_FUNCTION_INFO_V1(steering_refuse_key_change);
PG_FUNCTION_INFO_V1(steering_refuse_truncate);
PG_FUNCTION_INFO_V1(steering_follow_register);

/* Returns the register that a trigger is on; an error when it is on another table. */
static const Register *
register_of(TriggerData *trigger)
{
	for (int i = 0; i < lengthof(registers); i++)
		if (own_is_relation(RelationGetRelid(trigger->tg_relation), registers[i].relation))
			return &registers[i];
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger \"%s\" of table \"%s\" is for registers only",
					trigger->tg_trigger->tgname, RelationGetRelationName(trigger->tg_relation))));
}

/* Opens SPI with the old and new rows of the statement as sp71_old and sp71_new. */
static void
register_begin(OwnSpi *spi, TriggerData *trigger)
{
	own_spi_begin(spi);
	if (SPI_register_trigger_data(trigger) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");
}

/* Runs a query without arguments; its rows are in SPI_tuptable. */
static uint64
register_execute(const char *query)
{
	return own_spi_execute(query, 0, NULL, NULL, NULL);
}

/* Returns a column of the first row as text; NULL: it is null. */
static char *
register_text(int column)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
}

/* Tells what an UPDATE altered. */
static RegisterChanges
register_read_changes(const Register *kind)
{
	RegisterChanges changes = {0};

	if (register_execute(kind->read_changes) > 0)
	{
		changes.moved = DatumGetBool(own_spi_column(0, 1, NULL));
		changes.narrowed = DatumGetBool(own_spi_column(0, 2, NULL));
		changes.widened = DatumGetBool(own_spi_column(0, 3, NULL));
		changes.rules = DatumGetBool(own_spi_column(0, 4, NULL));
	}
	return changes;
}

/* Refuses entries whose parent is not there, or that are above themselves. */
static void
register_check_parents(const Register *kind)
{
	if (register_execute(kind->find_orphan) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("parent \"%s\" of %s \"%s\" is unknown",
							   code_shown(register_text(2)), kind->noun, register_text(1))));
	if (register_execute(kind->find_cycle) > 0)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg("%s \"%s\" would be above itself", kind->noun, register_text(1)),
						errdetail("From each entry to its parent: %s.", register_text(2))));
}

/* Returns a column of the first row, a bound of a range of days, as text. */
static const char *
register_bound(int column)
{
	bool isnull;
	Datum day = own_spi_column(0, column, &isnull);

	return isnull ? "" : day_shown(DatumGetDateADT(day));
}

/* Refuses a range of days that leaves bookings outside. */
static void
register_check_outside(const Register *kind)
{
	if (register_execute(source_reading_is_installed() ? kind->find_outside
													   : kind->find_outside_before_0_3) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("%s \"%s\" has bookings outside [%s,%s)", kind->noun, register_text(1),
						register_bound(2), register_bound(3)),
				 errdetail("Bookings: %s.", register_text(4)),
				 errhint("Correct these bookings first, or choose a range that holds them.")));
}

/* Refuses to delete entries that a query finds: they have what others refer to. */
static void
register_check_deleted(const Register *kind, const char *query, const char *what, const char *hint)
{
	if (register_execute(query) > 0)
		ereport(ERROR, (errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						errmsg("%s \"%s\" has %s", kind->noun, register_text(1), what),
						errdetail("These are: %s.", register_text(2)), errhint("%s", hint)));
}

/*
 * Counts sources anew whose ignored rows may have become bookings, judged as bookings.
 *
 * Which rows those are is not known without reading them; but without ignored rows, as is the rule,
 * nothing is read. A source whose triggers are not there is being restored from a dump. One that cannot be
 * read stays as it is.
 */
static void
register_recount_ignored(void)
{
	int count;
	int32 *sources;
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	own_spi_begin(&spi);
	count = (int) register_execute(REGISTER_FIND_IGNORED);
	sources = MemoryContextAlloc(caller, (count + 1) * sizeof(int32));
	for (int i = 0; i < count; i++)
		sources[i] = DatumGetInt32(own_spi_column(i, 1, NULL));
	own_spi_end(&spi);

	for (int i = 0; i < count; i++)
		source_recount_readable(sources[i], JUDGE_NOW);
}

/* Recounts the caps that entries left or joined. Returns those that changed, in the caller's memory. */
static List *
register_recount_caps(const Register *kind, TriggerData *trigger)
{
	MemoryContext caller = CurrentMemoryContext;
	List *caps = NIL;
	List *recounted;
	uint64 rows;
	OwnSpi spi;

	register_begin(&spi, trigger);
	rows = register_execute(kind->find_caps);
	for (uint64 i = 0; i < rows; i++)
		caps = lappend_int(caps, DatumGetInt32(own_spi_column(i, 1, NULL)));
	recounted = counter_recount(caps, false, caller);
	own_spi_end(&spi);
	return recounted;
}

/*
 * Moves what entries use from the caps that they left to those that they joined.
 *
 * Bookings are excluded already, unless a trigger of others has changed the parent in an UPDATE that
 * does not name it.
 */
static void
register_move_usage(const Register *kind, TriggerData *trigger)
{
	exclude_bookings();
	recount_judge(register_recount_caps(kind, trigger), RelationGetRelid(trigger->tg_relation),
				  JUDGE_NOW);
}

/* Follows an INSERT. */
static void
register_follow_insert(const Register *kind, TriggerData *trigger)
{
	OwnSpi spi;

	register_begin(&spi, trigger);
	register_check_parents(kind);
	own_spi_end(&spi);
	rulebook_invalidate();
	register_recount_ignored();
}

/*
 * Follows an UPDATE, which need not have altered anything of interest here.
 *
 * Rows that become bookings are charged before moved entries are recounted: the recount sets what
 * it touches to what is right then.
 */
static void
register_follow_update(const Register *kind, TriggerData *trigger)
{
	RegisterChanges changes;
	OwnSpi spi;

	register_begin(&spi, trigger);
	changes = register_read_changes(kind);
	if (changes.moved)
		register_check_parents(kind);
	if (changes.narrowed)
		register_check_outside(kind);
	own_spi_end(&spi);

	if (changes.moved || changes.narrowed || changes.widened || changes.rules)
		rulebook_invalidate();
	if (changes.widened)
		register_recount_ignored();
	if (changes.moved)
		register_move_usage(kind, trigger);
}

/* Follows a DELETE. Usage cells of entries without bookings are empty, and go along. */
static void
register_follow_delete(const Register *kind, TriggerData *trigger)
{
	OwnSpi spi;

	register_begin(&spi, trigger);
	register_check_deleted(kind, kind->find_below, "entries below it",
						   "Give them another parent first.");
	register_check_deleted(kind, kind->find_capped, "caps",
						   "End them first with steering.drop_cap().");
	register_check_deleted(kind, kind->find_booked, "bookings",
						   "Give it a range of days (column \"during\") that ends, instead of "
						   "deleting it.");
	register_execute(kind->delete_cells);
	own_spi_end(&spi);
	rulebook_invalidate();
}

/* Before a statement that may change which caps apply: waits for bookings and keeps new ones out. */
Datum
steering_exclude_bookings(PG_FUNCTION_ARGS)
{
	(void) register_of(call_trigger(fcinfo));
	source_table_lock_all();
	exclude_bookings();
	return PointerGetDatum(NULL);
}

/*
 * Refuses another code or number for an entry; the trigger's condition says that there is one.
 *
 * Finance rows refer to the code and would become unknown; usage cells refer to the number.
 */
Datum
steering_refuse_key_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	const Register *kind = register_of(trigger);
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("code and number of %s \"%s\" cannot be changed", kind->noun,
						   SPI_getvalue(trigger->tg_trigtuple, desc, SPI_fnumber(desc, "code"))),
					errhint("Finance tables refer to the code. Add an entry with the new code, or "
							"change the name.")));
}

/* Refuses TRUNCATE of a register, which would not look who refers to an entry. */
Datum
steering_refuse_truncate(PG_FUNCTION_ARGS)
{
	const Register *kind = register_of(call_trigger(fcinfo));

	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot truncate register \"%s\"", kind->noun),
					errhint("Use DELETE, which checks that no booking refers to an entry.")));
}

/* After a statement that changed a register. */
Datum
steering_follow_register(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	const Register *kind = register_of(trigger);

	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		register_follow_insert(kind, trigger);
	else if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		register_follow_update(kind, trigger);
	else
		register_follow_delete(kind, trigger);
	return PointerGetDatum(NULL);
}
