/*
 * counter_row.c
 *	  Rows of steering.cap_counter: how they look, are found, made, written.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "ledger/counter_row.h"
#include "ledger/heap_row_write.h"
#include "own.h"
#include "own_shape.h"

/* Opens the table of counters; the lock stays to the end of the transaction. */
Relation
counter_open(void)
{
	return own_open(OWN_CAP_COUNTER, RowExclusiveLock);
}

/* Closes what counter_open() opened. */
void
counter_close(Relation rel)
{
	table_close(rel, NoLock);
}

/* Describes all rows of a counter. */
HeapKey
counter_key(Relation rel, int32 cap_id)
{
	HeapKey key;

	key.rel = rel;
	key.index = own_relation(OWN_CAP_COUNTER_PKEY);
	key.nkeys = 1;
	ScanKeyInit(&key.keys[0], COUNTER_CAP, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(cap_id));
	return key;
}

/* Describes one row of a counter. */
HeapKey
counter_stripe_key(Relation rel, int32 cap_id, int32 stripe)
{
	HeapKey key = counter_key(rel, cap_id);

	key.nkeys = 2;
	ScanKeyInit(&key.keys[1], COUNTER_STRIPE, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(stripe));
	return key;
}

/* Raises that a cap has no counter, which nothing but meddling with our tables can bring about. */
void
counter_missing(int32 cap_id)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("cap %d has no counter", cap_id),
					errhint("Call steering.repair().")));
}

/* Makes a row of the counter. */
HeapTuple
counter_form_tuple(Relation rel, const CounterForm *form)
{
	Datum values[] = {AmountGetDatum(form->used),         AmountGetDatum(form->zone.floor),
					  AmountGetDatum(form->zone.ceiling), Int32GetDatum(form->cap_id),
					  Int32GetDatum(form->stripe),        Int32GetDatum(form->depth),
					  Int32GetDatum(form->revision)};

	return own_form_tuple(RelationGetDescr(rel), values, lengthof(values));
}

/* Writes a row that this transaction has locked. */
void
counter_write_locked(Relation rel, HeapTuple tuple)
{
	if (heap_row_write(rel, tuple, true) != HEAP_WRITTEN)
		elog(ERROR, "could not write a locked row of \"%s\"", RelationGetRelationName(rel));
}
