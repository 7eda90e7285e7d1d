/*
 * register_follow.c
 *	  What follows from a change of a register: for the rulebook, for ignored rows, for caps; see register.h.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "bookings/exclude.h"
#include "call.h"
#include "ledger/allotment_return.h"
#include "ledger/counter.h"
#include "ledger/counter_recount.h"
#include "nodes/this_node.h"
#include "rules/rulebook.h"
#include "sources/recount.h"
#include "steering/cap_elsewhere.h"
#include "steering/register.h"

/* What an UPDATE altered. */
typedef struct RegisterChanges
{
	bool moved;    /* a parent */
	bool narrowed; /* a range of days, which does not hold all that it held */
	bool widened;  /* a range of days, which holds what it did not hold */
	bool rules;    /* something else that the rulebook knows */
} RegisterChanges;

/*
 * Sources with ignored rows whose triggers are there. The same for both registers. On a shard the name of the trigger ends with
 * the number of the shard.
 */
#define REGISTER_FIND_IGNORED                                                                      \
	"SELECT source_id FROM steering.source"                                                        \
	" WHERE EXISTS (SELECT FROM steering.usage_cell WHERE usage_cell.service_id = 0"               \
	"  AND usage_cell.source_id = source.source_id AND usage_cell.bookings <> 0)"                  \
	" AND EXISTS (SELECT FROM pg_trigger WHERE pg_trigger.tgrelid = source.relation"               \
	"  AND starts_with(pg_trigger.tgname::text, 'sp71_steering_insert'))"                          \
	" ORDER BY source_id"

PG_FUNCTION_INFO_V1(steering_follow_register);

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

/* Returns how what follows is judged: what the coordinator has decided, whose change is applied here, is not refused. */
static JudgeWhen
register_when(void)
{
	return this_node_is_applying() ? JUDGE_ACCEPTING : JUDGE_NOW;
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
		source_recount_readable(sources[i], register_when());
}

/* Adds a cap that was found to those that entries left or joined, and to those that they joined. */
static void
register_note_cap(uint64 row, List **caps, List **joined, MemoryContext context)
{
	MemoryContext spi;
	int32 cap_id = DatumGetInt32(own_spi_column(row, 1, NULL));

	*caps = lappend_int(*caps, cap_id);
	if (!DatumGetBool(own_spi_column(row, 2, NULL)))
		return;
	spi = MemoryContextSwitchTo(context);
	*joined = lappend_int(*joined, cap_id);
	MemoryContextSwitchTo(spi);
}

/*
 * Makes one row of the counters of caps, in the order of their ids: stripes have room by what was lent, which is forgotten
 * where entries move. Not scaled out, the limit is what it was. Bookings are excluded.
 */
static void
register_fold_counters(List *caps)
{
	Relation counters;
	ListCell *cell;

	if (this_node_id() == NODE_NONE)
		return;
	counters = counter_open();
	foreach(cell, caps)
		(void) counter_lock(counters, lfirst_int(cell));
	counter_close(counters);
}

/*
 * Recounts the caps that entries left or joined. Returns those that changed, and sets those that were joined, in the
 * caller's memory.
 */
static List *
register_recount_caps(const Register *kind, TriggerData *trigger, List **joined)
{
	MemoryContext caller = CurrentMemoryContext;
	List *caps = NIL;
	List *recounted;
	uint64 rows;
	OwnSpi spi;

	register_begin(&spi, trigger);
	rows = register_execute(kind->find_caps);
	for (uint64 i = 0; i < rows; i++)
		register_note_cap(i, &caps, joined, caller);
	register_fold_counters(caps);
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
	JudgeWhen when = register_when();
	List *joined = NIL;
	List *changed;

	exclude_bookings();
	changed = register_recount_caps(kind, trigger, &joined);
	if (this_node_id() == NODE_COORDINATOR)
	{
		/* When it commits what is known now of other nodes is not known any more. */
		changed = cap_elsewhere_joined(joined, changed);
		when = JUDGE_AT_ONCE;
	}
	recount_judge(changed, RelationGetRelid(trigger->tg_relation), when);
}

/* Follows an INSERT. */
static void
register_follow_insert(const Register *kind, TriggerData *trigger)
{
	OwnSpi spi;

	register_begin(&spi, trigger);
	register_check_parents(kind);
	service_lead_check(kind, trigger);
	own_spi_end(&spi);
	rulebook_invalidate();
	allotment_doubt();
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
	service_lead_check(kind, trigger);
	own_spi_end(&spi);

	if (changes.moved || changes.narrowed || changes.widened || changes.rules)
		rulebook_invalidate();
	if (changes.moved || changes.widened)
		allotment_doubt();
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
	register_check_deleted(kind);
	register_execute(kind->delete_cells);
	own_spi_end(&spi);
	rulebook_invalidate();
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
