/*
 * source_delete.c
 *	  The end of a source: its entry and all that is stored of it go, and its bookings leave the caps.
 *
 * Locks are taken as in recount.c: neighbours' tables, then bookings are excluded.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"

#include "bookings/closed_change.h"
#include "bookings/exclude.h"
#include "ledger/counter_recount.h"
#include "own.h"
#include "sources/missing_table.h"
#include "sources/neighbour.h"
#include "sources/recount.h"
#include "sources/source_delete.h"

/* Refuses to end a source that has bookings in a closed period. Excludes bookings. */
void
source_check_closed(const Source *source)
{
	ClosedChanges closed = {.context = CurrentMemoryContext};
	OwnSpi spi;

	neighbour_lock(source->source_id);
	exclude_bookings();
	own_spi_begin(&spi);
	closed_change_add_stored(&closed, source, -1);
	own_spi_end(&spi);
	closed_change_judge(&closed, JUDGE_NOW);
}

/* Deletes what is stored of a source. Within own_spi, bookings excluded. */
static void
source_delete_rows(int32 source_id)
{
	static const char cells[] = "DELETE FROM steering.usage_cell WHERE source_id = $1";
	static const char source[] = "DELETE FROM steering.source WHERE source_id = $1";
	static const char mapping[] =
		"WITH need AS (DELETE FROM steering.mapping_need WHERE source_id = $1)"
		" DELETE FROM steering.mapping WHERE source_id = $1";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	uint64 count = own_spi_execute(cells, lengthof(types), types, values, NULL);

	own_spi_execute(source, lengthof(types), types, values, NULL);
	if (own_has_relation(OWN_MAPPING))
		own_spi_execute(mapping, lengthof(types), types, values, NULL);
	(void) missing_delete(source_id, NIL);
	elog(DEBUG2, "deleted source %d: " UINT64_FORMAT " usage cells", source_id, count);
}

/*
 * Deletes sources whose tables have been let go: takes their bookings out of the caps, by their cells alone,
 * since the rows may be gone.
 *
 * Negative bookings that leave can take a cap over its threshold, and so can orders that come back when what released
 * them leaves: which is refused as every other way of committing that. A cap that has no more than before says nothing.
 */
void
source_delete(List *sources, JudgeWhen when)
{
	MemoryContext caller = CurrentMemoryContext;
	List *caps = NIL;
	bool has_orders = false;
	List *recounted;
	ListCell *cell;
	OwnSpi spi;

	if (sources == NIL)
		return;

	/* Who holds a table of a neighbour may be about to book: he is let through before bookings are excluded. */
	foreach(cell, sources)
		neighbour_lock(((Source *) lfirst(cell))->source_id);
	exclude_bookings();

	own_spi_begin(&spi);
	foreach(cell, sources)
	{
		int32 source_id = ((Source *) lfirst(cell))->source_id;

		caps = recount_caps_of(source_id, caps, caller);
		has_orders |= ((Source *) lfirst(cell))->has_orders;
		source_delete_rows(source_id);
	}
	mapping_invalidate();
	CommandCounterIncrement();
	if (has_orders)
		(void) recount_orders(NULL, &caps, caller);
	recounted = counter_recount(caps, false, caller);
	own_spi_end(&spi);
	CommandCounterIncrement();
	recount_judge(recounted, ((Source *) linitial(sources))->relid, when);
}
