/*
 * usage_cell_row.c
 *	  Rows of steering.usage_cell: how they look, are found, made, ordered, locked against new ones.
 */
#include "postgres.h"

#include "access/table.h"
#include "common/hashfn.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "ledger/usage_cell_row.h"
#include "own.h"
#include "own_shape.h"

enum
{
	USAGE_CELL_AMOUNT = 1,
	USAGE_CELL_VOLUME,
	USAGE_CELL_BOOKINGS,
	USAGE_CELL_SOURCE,
	USAGE_CELL_SERVICE,
	USAGE_CELL_PARTICIPANT,
	USAGE_CELL_MONTH,
	USAGE_CELL_STRIPE,
	USAGE_CELL_COLUMNS = USAGE_CELL_STRIPE
};

/* Opens the table of cells; the lock stays to the end of the transaction. */
Relation
usage_cell_open(void)
{
	return own_open(OWN_USAGE_CELL, RowExclusiveLock);
}

/* Closes what usage_cell_open() opened. */
void
usage_cell_close(Relation rel)
{
	table_close(rel, NoLock);
}

/* Describes all rows of a service and a participant. */
HeapKey
usage_cell_pair_key(Relation rel, int32 service_id, int32 participant_id)
{
	HeapKey key;

	key.rel = rel;
	key.index = own_relation(OWN_USAGE_CELL_PKEY);
	key.nkeys = 2;
	ScanKeyInit(&key.keys[0], USAGE_CELL_SERVICE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(service_id));
	ScanKeyInit(&key.keys[1], USAGE_CELL_PARTICIPANT, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(participant_id));
	return key;
}

/* Describes all rows of a cell. */
HeapKey
usage_cell_key(Relation rel, const UsageCellKey *cell)
{
	HeapKey key = usage_cell_pair_key(rel, cell->service_id, cell->participant_id);

	key.nkeys = 4;
	ScanKeyInit(&key.keys[2], USAGE_CELL_MONTH, BTEqualStrategyNumber, F_DATE_EQ,
				Int32GetDatum(cell->month));
	ScanKeyInit(&key.keys[3], USAGE_CELL_SOURCE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(cell->source_id));
	return key;
}

/* Describes one row of a cell. */
HeapKey
usage_cell_stripe_key(Relation rel, const UsageCellKey *cell, int32 stripe)
{
	HeapKey key = usage_cell_key(rel, cell);

	key.nkeys = 5;
	ScanKeyInit(&key.keys[4], USAGE_CELL_STRIPE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(stripe));
	return key;
}

/* Makes a row of a cell, which holds this sum. */
HeapTuple
usage_cell_form_tuple(Relation rel, const UsageCellKey *key, int32 stripe, const UsageSum *sum)
{
	Datum values[USAGE_CELL_COLUMNS];
	Usage usage = usage_narrow(sum);

	values[USAGE_CELL_AMOUNT - 1] = AmountGetDatum(usage.amount);
	values[USAGE_CELL_VOLUME - 1] = AmountGetDatum(usage.volume);
	values[USAGE_CELL_BOOKINGS - 1] = Int64GetDatum(usage.bookings);
	values[USAGE_CELL_SOURCE - 1] = Int32GetDatum(key->source_id);
	values[USAGE_CELL_SERVICE - 1] = Int32GetDatum(key->service_id);
	values[USAGE_CELL_PARTICIPANT - 1] = Int32GetDatum(key->participant_id);
	values[USAGE_CELL_MONTH - 1] = Int32GetDatum(key->month);
	values[USAGE_CELL_STRIPE - 1] = Int32GetDatum(stripe);
	return own_form_tuple(RelationGetDescr(rel), values, USAGE_CELL_COLUMNS);
}

/* Locks a cell against new stripes, until usage_cell_unlock() or the end of the transaction. */
void
usage_cell_lock(Relation rel, const UsageCellKey *key)
{
	uint32 hash = hash_bytes((const unsigned char *) key, sizeof(UsageCellKey));

	LockDatabaseObject(RelationGetRelid(rel), hash, 0, ExclusiveLock);
}

/* Undoes usage_cell_lock(). */
void
usage_cell_unlock(Relation rel, const UsageCellKey *key)
{
	uint32 hash = hash_bytes((const unsigned char *) key, sizeof(UsageCellKey));

	UnlockDatabaseObject(RelationGetRelid(rel), hash, 0, ExclusiveLock);
}

/* Orders cells as the index of steering.usage_cell does. */
int
usage_cell_compare(const UsageCellKey *a, const UsageCellKey *b)
{
	if (a->service_id != b->service_id)
		return a->service_id < b->service_id ? -1 : 1;
	if (a->participant_id != b->participant_id)
		return a->participant_id < b->participant_id ? -1 : 1;
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	return (a->source_id > b->source_id) - (a->source_id < b->source_id);
}
