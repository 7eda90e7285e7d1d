/*
 * allotment.c
 *	  What this node may use of caps that span nodes: rows of steering.allotment.
 *
 * A row is written by who holds the counter of the cap as a whole, in the same transaction. So who holds the
 * counter, or a stripe of it, reads what is true until that transaction ends (allotment_memory.c). What is
 * lowered is written with the counter's row, so that a backend which has looked at the row and is about to divide
 * it by what it read before finds it changed.
 *
 * Raised, it is only after the coordinator has committed that it lends as much; lowered, before the coordinator
 * reckons with it. A rollback brings back the lower one, which is safe: room is missing until it is asked for again.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger/allotment.h"
#include "ledger/allotment_memory.h"
#include "ledger/heap_row.h"
#include "own.h"
#include "own_shape.h"
#include "rules/verdict.h"

/* Columns of steering.allotment. */
enum
{
	ALLOTMENT_CAP = 1,
	ALLOTMENT_CEILING,
	ALLOTMENT_ELSEWHERE,
	ALLOTMENT_OTHERS /* from 0.8 */
};

/* Reads a row. */
static Allotment
allotment_read(HeapTuple tuple, TupleDesc desc)
{
	Allotment allotment = {.ceiling = PG_INT64_MIN};
	bool isnull;
	Datum value = heap_getattr(tuple, ALLOTMENT_ELSEWHERE, desc, &isnull);

	if (!isnull)
	{
		allotment.is_alone = true;
		allotment.elsewhere = DatumGetAmount(value);
		return allotment;
	}
	value = heap_getattr(tuple, ALLOTMENT_CEILING, desc, &isnull);
	if (!isnull)
		allotment.ceiling = DatumGetAmount(value);
	if (desc->natts < ALLOTMENT_OTHERS)
		return allotment;
	value = heap_getattr(tuple, ALLOTMENT_OTHERS, desc, &isnull);
	allotment.warns = !isnull;
	if (!isnull)
		allotment.elsewhere = DatumGetAmount(value);
	return allotment;
}

/* Looks up a row by its key, and sets where it stands. Without a row nothing may be used. */
static Allotment
allotment_look_up(const HeapKey *key, ItemPointer place)
{
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	Allotment allotment = {.ceiling = PG_INT64_MIN};
	SysScanDesc scan = heap_version_begin_scan(key, snapshot);
	HeapTuple tuple = systable_getnext(scan);

	if (HeapTupleIsValid(tuple))
	{
		allotment = allotment_read(tuple, RelationGetDescr(key->rel));
		*place = tuple->t_self;
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return allotment;
}

/* Reads a row, from where it was seen last if it is there: that is the one version that may be true, or none. */
static Allotment
allotment_find(int32 cap_id, ItemPointer place)
{
	HeapKey key = {.rel = own_open(OWN_ALLOTMENT, AccessShareLock),
				   .index = own_relation(OWN_ALLOTMENT_PKEY),
				   .nkeys = 1};
	Allotment allotment;
	HeapTupleData tuple;
	Buffer buffer;

	ScanKeyInit(&key.keys[0], ALLOTMENT_CAP, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(cap_id));
	if (ItemPointerIsValid(place) && heap_row_read(&key, place, &tuple, &buffer))
	{
		allotment = allotment_read(&tuple, RelationGetDescr(key.rel));
		ReleaseBuffer(buffer);
	}
	else
		allotment = allotment_look_up(&key, place);
	table_close(key.rel, AccessShareLock);
	return allotment;
}

/* Returns what this node may use of a cap; without a row nothing. The caller holds the counter, or a stripe of it. */
Allotment
allotment_of(int32 cap_id)
{
	AllotmentMemory *memory = allotment_memory_of(cap_id);

	if (!allotment_memory_is_true(memory))
		memory->allotment = allotment_find(cap_id, &memory->place);
	allotment_memory_keep(memory);
	return memory->allotment;
}

/* Has this node use no more of a cap without asking. The caller holds the counter as a whole. */
void
allotment_delete(int32 cap_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};
	OwnSpi spi;

	allotment_memory_bar(cap_id);
	own_spi_begin(&spi);
	(void) own_spi_execute("DELETE FROM steering.allotment WHERE cap_id = $1", lengthof(types),
						   types, values, NULL);
	own_spi_end(&spi);
}

/* Tells whether what stands at a step that warns can be written: tables of 0.7 cannot say so. */
static bool
allotment_can_warn(void)
{
	Relation rel = own_open(OWN_ALLOTMENT, AccessShareLock);
	bool can = RelationGetNumberOfAttributes(rel) >= ALLOTMENT_OTHERS;

	table_close(rel, AccessShareLock);
	return can;
}

/*
 * Writes what this node may use of a cap. The caller holds the counter as a whole. Under REPEATABLE READ and
 * SERIALIZABLE 40001 where the transaction cannot see what stands there.
 */
void
allotment_write(int32 cap_id, const Allotment *allotment)
{
	static const char query[] =
		"INSERT INTO steering.allotment (cap_id, ceiling, elsewhere, others) VALUES ($1, $2, $3, $4)"
		" ON CONFLICT (cap_id) DO UPDATE SET"
		" ceiling = excluded.ceiling, elsewhere = excluded.elsewhere, others = excluded.others";
	static const char query_of_07[] =
		"INSERT INTO steering.allotment (cap_id, ceiling, elsewhere) VALUES ($1, $2, $3)"
		" ON CONFLICT (cap_id) DO UPDATE SET ceiling = excluded.ceiling, elsewhere = excluded.elsewhere";
	Oid types[] = {INT4OID, own_amount_type(), own_amount_type(), own_amount_type()};
	Datum elsewhere = AmountGetDatum(allotment->elsewhere);
	Datum values[] = {Int32GetDatum(cap_id), AmountGetDatum(allotment->ceiling), elsewhere,
					  elsewhere};
	bool can_warn = allotment_can_warn();
	OwnSpi spi;

	if (allotment->warns && !can_warn)
	{
		allotment_delete(cap_id);
		return;
	}
	allotment_memory_bar(cap_id);
	own_spi_begin(&spi);
	(void) own_spi_execute(can_warn ? query : query_of_07, lengthof(types) - (can_warn ? 0 : 1),
						   types, values,
						   allotment->is_alone ? " n n" : (allotment->warns ? "  n " : "  nn"));
	own_spi_end(&spi);
}

/* Moves a zone of what all nodes use to what this one uses. No end leaves what a zone may hold. */
static void
allotment_shift(Zone *zone, Amount elsewhere)
{
	int128 floor = (int128) zone->floor - elsewhere;
	int128 ceiling = (int128) zone->ceiling - elsewhere;

	zone->floor = (Amount) Max(floor, ZONE_LOWEST);
	zone->ceiling = (Amount) Min(ceiling, ZONE_HIGHEST);
}

/* Tells what allotment_is_quiet() does of a node that judges by the ladder. */
static bool
allotment_is_quiet_alone(const CapFigures *figures, Amount elsewhere, Amount before, Amount used,
						 Zone *zone)
{
	Amount total_before = allotment_total(before, elsewhere);
	Amount total = allotment_total(used, elsewhere);

	if (verdict_judge(figures->amount, figures->ladder, total_before, total).action != VERDICT_OK ||
		!zone_around(figures->amount, figures->ladder, total, zone))
		return false;
	allotment_shift(zone, elsewhere);
	return zone->floor <= used && used <= zone->ceiling;
}

/*
 * Tells whether no step of a cap acts on a change of usage, nor on what comes after it within the zone that is set.
 * Of a cap that spans nodes usage is that of this node, and so is the zone.
 */
bool
allotment_is_quiet(const CapFigures *figures, Amount before, Amount used, Zone *zone)
{
	Allotment allotment = {.is_alone = true};

	if (unlikely(figures->spans))
		allotment = allotment_of(figures->cap_id);
	if (allotment.is_alone)
		return allotment_is_quiet_alone(figures, allotment.elsewhere, before, used, zone);
	if (allotment.warns || used > allotment.ceiling || used < ZONE_LOWEST)
		return false;
	zone->floor = ZONE_LOWEST;
	zone->ceiling = Min(allotment.ceiling, ZONE_HIGHEST);
	return true;
}
