/*
 * cap_figures.c
 *	  The numbers of caps, limit and ladder, cached per backend.
 *
 * They change under the lock of the cap's counter, which carries their revision: who holds that lock
 * compares it, and reads the cap again when the cached revision is another. A revision that was rolled
 * back gives its number to another one, so everything is forgotten when caps or registers were changed
 * or that was undone.
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
static uint64 figures_generation = 0; /* of the rulebook */

/* Forgets everything when it is stale, or too much. */
static void
cap_figures_refresh(void)
{
	if (likely(figures_table != NULL && figures_generation == rulebook_generation &&
			   figures_table->members < FIGURES_MAX_CAPS))
		return;
	figures_generation = rulebook_generation;
	figures_table = NULL;
	if (figures_context != NULL)
		MemoryContextDelete(figures_context);
	figures_context = NULL;
	figures_context =
		AllocSetContextCreate(CacheMemoryContext, "sp71_steering figures", ALLOCSET_DEFAULT_SIZES);
	figures_table = figures_hash_create(figures_context, 64, NULL);
}

/* Makes the figures of a row of steering.cap, in the caller's memory. */
static CapFigures *
cap_figures_make(HeapTuple tuple, TupleDesc desc)
{
	CapFigures *figures = palloc0(sizeof(CapFigures));
	int32 service_id;

	figures->cap_id = DatumGetInt32(own_value(tuple, CAP_ID, desc));
	figures->revision = DatumGetInt32(own_value(tuple, CAP_REVISION, desc));
	figures->metric = metric_of(own_value(tuple, CAP_METRIC, desc));
	register_node_read_range(own_value(tuple, CAP_DURING, desc), &figures->first_day,
							 &figures->end_day);
	figures->amount = DatumGetAmount(own_value(tuple, CAP_AMOUNT, desc));
	figures->ladder = (Ladder *) PG_DETOAST_DATUM_COPY(own_value(tuple, CAP_LADDER, desc));
	service_id = DatumGetInt32(own_value(tuple, CAP_SERVICE, desc));
	figures->participant_id = DatumGetInt32(own_value(tuple, CAP_PARTICIPANT, desc));
	figures->service = register_node_code(register_of_services, service_id);
	figures->participant = register_node_code(register_of_participants, figures->participant_id);
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

	ScanKeyInit(&key, CAP_ID, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(cap_id));
	scan = systable_beginscan(rel, own_relation(OWN_CAP_PKEY), true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		figures = cap_figures_make(tuple, RelationGetDescr(rel));
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

/*
 * Returns limit and ladder of a cap as of this revision, which the caller read from the cap's
 * counter while holding its lock: so nobody can revise the cap now. NULL when the cap is gone. Good
 * until the next call for the same cap.
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

	/* Whoever made this revision is through, or is this transaction: so the latest snapshot shows it. */
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

/* Tells whether a role may see the figures of a cap. */
bool
cap_figures_may_read(const CapFigures *figures, Oid role)
{
	return rulebook_may_read(figures->participant, role);
}
