/*
 * cap_figures.c
 *	  The numbers of caps, limit and ladder, cached per backend.
 *
 * They change under the lock of the cap's counter, which carries their revision: who holds that lock
 * compares it, and reads the cap again when the cached revision is another. A revision that was rolled
 * back gives its number to another one, so everything is forgotten when caps or registers were changed
 * or that was undone (cap_figures_forget()).
 *
 * Who looks for the caps over a booking has their rows in hand, and hands their numbers on, to spare a new
 * session the look-ups.
 *
 * The memory is bounded: when too many caps are known, all are forgotten.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "registers/register_node.h"
#include "rules/cap_figures.h"

#define FIGURES_MAX_CAPS 16384 /* some 5 MB */

typedef struct FiguresEntry
{
	int32 cap_id;
	char status;
	CapFigures *figures;
} FiguresEntry;

#define SH_PREFIX figures_hash
#define SH_ELEMENT_TYPE FiguresEntry
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static MemoryContext figures_context = NULL;
static figures_hash_hash *figures_table = NULL;
static bool figures_stale = false;
static uint32 figures_forgotten = 0; /* how often */

/* Has everything forgotten. Safe in invalidation callbacks. */
void
cap_figures_forget(void)
{
	figures_stale = true;
	figures_forgotten++;
}

/* Returns a number that is another one when everything was forgotten: for what else has to be forgotten with it. */
uint32
cap_figures_generation(void)
{
	return figures_forgotten;
}

/* Forgets everything when it is stale, or too much. */
static void
cap_figures_refresh(void)
{
	if (likely(figures_table != NULL && !figures_stale &&
			   figures_table->members < FIGURES_MAX_CAPS))
		return;
	figures_stale = false;
	figures_table = NULL;
	if (figures_context != NULL)
		MemoryContextDelete(figures_context);
	figures_context = NULL;
	figures_context =
		AllocSetContextCreate(CacheMemoryContext, "sp71_steering figures", ALLOCSET_DEFAULT_SIZES);
	figures_table = figures_hash_create(figures_context, 64, NULL);
}

/* Makes the figures of a row of steering.cap, in the caller's memory, but for the codes. */
static CapFigures *
cap_figures_make(HeapTuple tuple, TupleDesc desc)
{
	CapFigures *figures = palloc0(sizeof(CapFigures));
	CapRef cap;

	cap_row_read(tuple, desc, &cap);
	figures->cap_id = cap.cap_id;
	figures->metric = cap.metric;
	figures->first_day = cap.first_day;
	figures->end_day = cap.end_day;
	figures->revision = DatumGetInt32(own_value(tuple, CAP_REVISION, desc));
	figures->participant_id = DatumGetInt32(own_value(tuple, CAP_PARTICIPANT, desc));
	figures->amount = DatumGetAmount(own_value(tuple, CAP_AMOUNT, desc));
	figures->ladder = (Ladder *) PG_DETOAST_DATUM_COPY(own_value(tuple, CAP_LADDER, desc));
	figures->spans = desc->natts >= CAP_SPANS && DatumGetBool(own_value(tuple, CAP_SPANS, desc));
	return figures;
}

/* Reads the figures of a cap with the latest snapshot; NULL when it is gone. */
static CapFigures *
cap_figures_load(int32 cap_id)
{
	Relation rel = own_open(OWN_CAP, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	CapFigures *figures = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	/* The latest snapshot: the cap may have been revised since the statement took its own. */
	ScanKeyInit(&key, CAP_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(cap_id));
	scan = systable_beginscan(rel, own_relation(OWN_CAP_PKEY), true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		TupleDesc desc = RelationGetDescr(rel);
		int32 service_id = DatumGetInt32(own_value(tuple, CAP_SERVICE, desc));

		figures = cap_figures_make(tuple, desc);
		figures->service = register_node_code(register_of_services, service_id);
		figures->participant =
			register_node_code(register_of_participants, figures->participant_id);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return figures;
}

/* Frees figures that a newer revision replaces. */
static void
cap_figures_free(CapFigures *figures)
{
	pfree(figures->ladder);
	pfree(unconstify(char *, figures->service));
	pfree(unconstify(char *, figures->participant));
	pfree(figures);
}

/* Tells whether a row has all that a cap has; who asks for the cap is told what is missing. */
static bool
cap_figures_are_there(HeapTuple tuple, TupleDesc desc)
{
	for (AttrNumber column = CAP_ID; column <= CAP_REVISION; column++)
		if (heap_attisnull(tuple, column, desc))
			return false;
	return true;
}

/*
 * Takes the numbers of a cap from its row, which the caller has read with the latest snapshot, unless the cap is
 * known: somebody will ask for them, most likely. Not where half of what may be kept is kept already.
 */
void
cap_figures_offer(HeapTuple tuple, TupleDesc desc, const char *service, const char *participant)
{
	int32 cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
	MemoryContext caller;
	FiguresEntry *entry;
	CapFigures *figures;
	bool found;

	if (!cap_figures_are_there(tuple, desc))
		return;
	cap_figures_refresh();
	if (figures_table->members >= FIGURES_MAX_CAPS / 2 ||
		figures_hash_lookup(figures_table, cap_id) != NULL)
		return;
	caller = MemoryContextSwitchTo(figures_context);
	figures = cap_figures_make(tuple, desc);
	figures->service = pstrdup(service);
	figures->participant = pstrdup(participant);
	MemoryContextSwitchTo(caller);
	entry = figures_hash_insert(figures_table, cap_id, &found);
	entry->figures = figures;
}

/*
 * Returns limit and ladder of a cap as of this revision, which the caller read from the cap's
 * counter while holding its lock: so nobody can revise the cap now. NULL when the cap is gone. Good
 * until figures of any cap are asked for, or the caps over a booking are read: all may be forgotten then.
 */
const CapFigures *
cap_figures_of(int32 cap_id, int32 revision)
{
	MemoryContext caller;
	FiguresEntry *entry;
	CapFigures *figures;
	bool found;

	cap_figures_refresh();
	entry = figures_hash_lookup(figures_table, cap_id);
	if (likely(entry != NULL && entry->figures->revision == revision))
		return entry->figures;

	/* Whoever made this revision has committed, or is this transaction: so the latest snapshot shows it. */
	figures = cap_figures_load(cap_id);
	if (figures == NULL)
		return NULL;
	Assert(figures->cap_id == cap_id && figures->first_day < figures->end_day);
	caller = MemoryContextSwitchTo(figures_context);
	figures = cap_figures_copy(figures);
	MemoryContextSwitchTo(caller);
	entry = figures_hash_insert(figures_table, cap_id, &found);
	if (found)
		cap_figures_free(entry->figures);
	entry->figures = figures;
	return figures;
}

/* Copies figures into the caller's memory. */
CapFigures *
cap_figures_copy(const CapFigures *figures)
{
	CapFigures *copy = palloc(sizeof(CapFigures));

	*copy = *figures;
	copy->ladder =
		memcpy(palloc(VARSIZE(figures->ladder)), figures->ladder, VARSIZE(figures->ladder));
	copy->service = pstrdup(figures->service);
	copy->participant = pstrdup(figures->participant);
	return copy;
}
