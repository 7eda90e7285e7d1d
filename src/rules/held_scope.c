/*
 * held_scope.c
 *	  What a node must not raise before an act of the coordinator is over: rows of steering.held_scope.
 *
 * They are structure, which the rulebook keeps: who writes them excludes bookings, and makes all backends forget the
 * rulebook. So a booking has met them, or its usage was counted in what the coordinator was told. They go without that:
 * who goes by a row that is gone asks once more.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "own.h"
#include "own_shape.h"
#include "own_size.h"
#include "rules/held_scope.h"

/* Columns of steering.held_scope. */
enum
{
	HELD_SCOPE_ID = 1,
	HELD_SCOPE_ACT,
	HELD_SCOPE_METRIC,
	HELD_SCOPE_SERVICES,
	HELD_SCOPE_PARTICIPANTS,
	HELD_SCOPE_FIRST_DAY,
	HELD_SCOPE_END_DAY
};

/* Makes a set of an array of numbers. */
static Bitmapset *
held_scope_set(Datum numbers)
{
	Bitmapset *set = NULL;
	Datum *elements;
	int count;

	deconstruct_array(DatumGetArrayTypeP(numbers), INT4OID, sizeof(int32), true, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		set = bms_add_member(set, DatumGetInt32(elements[i]));
	return set;
}

/* Reads a row. */
static HeldScope *
held_scope_read(HeapTuple tuple, TupleDesc desc)
{
	HeldScope *scope = palloc0(sizeof(HeldScope));

	scope->metric = metric_of(own_value(tuple, HELD_SCOPE_METRIC, desc));
	scope->services = held_scope_set(own_value(tuple, HELD_SCOPE_SERVICES, desc));
	scope->participants = held_scope_set(own_value(tuple, HELD_SCOPE_PARTICIPANTS, desc));
	scope->first_day = DatumGetDateADT(own_value(tuple, HELD_SCOPE_FIRST_DAY, desc));
	scope->end_day = DatumGetDateADT(own_value(tuple, HELD_SCOPE_END_DAY, desc));
	return scope;
}

/* Reads all rows into the memory of context; NIL: there are none, or the objects are of a version before 0.8. */
List *
held_scope_load(MemoryContext context)
{
	MemoryContext caller;
	List *scopes = NIL;
	Relation rel;
	Snapshot snapshot;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!own_has_relation(OWN_HELD_SCOPE) || own_is_empty(OWN_HELD_SCOPE))
		return NIL;
	rel = own_open(OWN_HELD_SCOPE, AccessShareLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(rel, InvalidOid, false, snapshot, 0, NULL);
	caller = MemoryContextSwitchTo(context);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		scopes = lappend(scopes, held_scope_read(tuple, RelationGetDescr(rel)));
	MemoryContextSwitchTo(caller);
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, AccessShareLock);
	return scopes;
}

/* Tells whether something that is held begins or ends within a month, not with it: then only a part of its days is. */
bool
held_scope_divides(const List *scopes, DateADT month, DateADT next_month)
{
	ListCell *cell;

	foreach(cell, scopes)
	{
		const HeldScope *scope = lfirst(cell);

		if ((scope->first_day > month && scope->first_day < next_month) ||
			(scope->end_day > month && scope->end_day < next_month))
			return true;
	}
	return false;
}

/* Tells whether a change of usage on a day, or on all days of a month that nothing divides, raises what is held. */
bool
held_scope_is_raised(const List *scopes, int32 service_id, int32 participant_id, DateADT day,
					 const UsageSum *change)
{
	ListCell *cell;

	foreach(cell, scopes)
	{
		const HeldScope *scope = lfirst(cell);

		if (metric_sum(scope->metric, change) > 0 && day >= scope->first_day &&
			day < scope->end_day && bms_is_member(service_id, scope->services) &&
			bms_is_member(participant_id, scope->participants))
			return true;
	}
	return false;
}

/* Deletes all rows that nobody holds. */
void
held_scope_forget(void)
{
	static const char *const statements[] = {
		"DELETE FROM steering.held_scope WHERE held_scope_id IN"
		" (SELECT held_scope_id FROM steering.held_scope FOR UPDATE SKIP LOCKED)",
	};

	if (own_has_relation(OWN_HELD_SCOPE))
		own_spi_run(statements, lengthof(statements));
}
