/*
 * source_table.c
 *	  The tables of a source; see source_table.h.
 *
 * Locks: whoever takes a table in holds ShareRowExclusiveLock on it, so that nobody writes it between
 * the counting of its rows and the commit of its triggers; whoever lets one go holds
 * AccessExclusiveLock, which dropping a trigger needs. Both are taken here where the caller, an ALTER
 * TABLE most often, does not have them yet.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "bookings/apply.h"
#include "bookings/delta.h"
#include "bookings/delta_relation.h"
#include "mapping/mapping.h"
#include "own.h"
#include "own_query.h"
#include "rules/rulebook.h"
#include "sources/booking_trigger.h"
#include "sources/merge_rule.h"
#include "sources/source_table.h"
#include "sources/source_table_check.h"
#include "types/name_text.h"

/* Makes an array of a list of OIDs, for a query parameter of type oid[]. */
Datum
source_table_array(List *relids)
{
	Datum *elements = palloc(list_length(relids) * sizeof(Datum));
	int count = 0;
	ListCell *cell;

	foreach(cell, relids)
		elements[count++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(
		construct_array(elements, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* Checks that none of the tables belongs to a source already. */
void
source_table_check_free(List *relids)
{
	Oid types[] = {OIDARRAYOID};
	Datum values[] = {source_table_array(relids)};
	Oid taken = InvalidOid;
	Oid root = InvalidOid;
	OwnSpi spi;

	own_spi_begin(&spi);
	if (own_spi_execute("SELECT t.relation::oid, s.relation::oid FROM steering.source_table t "
						"JOIN steering.source s USING (source_id) "
						"WHERE t.relation = ANY ($1) ORDER BY 1 LIMIT 1",
						1, types, values, NULL) > 0)
	{
		taken = DatumGetObjectId(own_spi_column(0, 1, NULL));
		root = DatumGetObjectId(own_spi_column(0, 2, NULL));
	}
	own_spi_end(&spi);

	if (OidIsValid(taken))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 taken == root
					 ? errmsg("table \"%s\" is a source already", name_text_in_message(taken))
					 : errmsg("table \"%s\" belongs to source \"%s\" already",
							  name_text_in_message(taken), name_text_in_message(root)),
				 errhint("Detach \"%s\" first with steering.detach().",
						 name_text_in_message(root))));
}

/* Returns what a query put out in its only column, a list of OIDs, in the memory of context. */
static List *
source_table_result(uint64 rows, MemoryContext context)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	List *relids = NIL;

	for (uint64 i = 0; i < rows; i++)
		relids = lappend_oid(relids, DatumGetObjectId(own_spi_column(i, 1, NULL)));
	MemoryContextSwitchTo(caller);
	return relids;
}

#define SOURCE_TABLE_LIST                                                                          \
	"SELECT relation::oid FROM steering.source_table WHERE source_id = $1 ORDER BY 1"

/* Returns the recorded tables of a source, as committed now, in the order of their OIDs. */
List *
source_table_list(int32 source_id)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	List *relids;
	OwnSpi spi;

	own_spi_begin(&spi);
	relids =
		source_table_result(own_spi_execute(SOURCE_TABLE_LIST, 1, types, values, NULL), caller);
	own_spi_end(&spi);
	return relids;
}

/* Returns the recorded tables of a source that the active snapshot shows. */
List *
source_table_list_visible(int32 source_id)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	List *relids;
	OwnSpi spi;

	own_spi_begin(&spi);
	relids = source_table_result(own_query_read(SOURCE_TABLE_LIST, 1, types, values), caller);
	own_spi_end(&spi);
	return relids;
}

/* Records tables of a source, whose triggers are made. */
void
source_table_record(const Source *source, List *relids)
{
	Oid types[] = {INT4OID, OIDARRAYOID};
	Datum values[] = {Int32GetDatum(source->source_id), source_table_array(relids)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute("INSERT INTO steering.source_table (source_id, relation) "
					"SELECT $1, relid FROM pg_catalog.unnest($2) AS relid",
					2, types, values, NULL);
	own_spi_end(&spi);
	mapping_invalidate();
	CommandCounterIncrement();
}

/* Records that these tables, which may be gone, belong to no source any more. */
void
source_table_erase(List *relids)
{
	Oid types[] = {OIDARRAYOID};
	Datum values[] = {source_table_array(relids)};
	OwnSpi spi;

	if (relids == NIL)
		return;
	own_spi_begin(&spi);
	own_spi_execute("DELETE FROM steering.source_table WHERE relation = ANY ($1)", 1, types, values,
					NULL);
	own_spi_end(&spi);
	mapping_invalidate();
	CommandCounterIncrement();
}

/* Makes the triggers and rules that are missing from tables of a source. */
void
source_table_mend(List *relids)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = relation_open(lfirst_oid(cell), ShareRowExclusiveLock);

		source_table_check(rel);
		booking_trigger_create(rel);
		merge_rule_create(rel);
		relation_close(rel, NoLock);
	}
}

/*
 * Makes tables book for a source from the end of this transaction on: checks them, gives them their
 * triggers and rules, records them. Their rows are not counted here.
 */
void
source_table_add(const Source *source, List *relids)
{
	if (relids == NIL)
		return;
	source_table_check_free(relids);
	source_table_mend(relids);
	source_table_record(source, relids);
}

/* Makes tables book no more: drops triggers and rules of those that are still there, and the record. */
void
source_table_remove(List *relids)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		LockRelationOid(lfirst_oid(cell), AccessExclusiveLock);
		if (get_rel_relkind(lfirst_oid(cell)) == '\0')
			continue;
		booking_trigger_drop(lfirst_oid(cell));
		merge_rule_drop(lfirst_oid(cell));
	}
	source_table_erase(relids);
}

/*
 * Books the rows that tables of a source came in with (sign 1) or go with (sign -1), as one statement:
 * 23S73 for one that comes and that its source refuses, 23S71 and 23S72 where a cap blocks, 23S74 where
 * a period is closed, unless when is JUDGE_ACCEPTING. refuses_first: at the first row that is no booking, which
 * is not named; else all of them are told of.
 *
 * This is a booking like any other, only larger, and needs no exclusion of bookings: nobody writes
 * the tables, since the caller holds their locks, and the lock that a booking takes keeps caps and
 * registers as they are.
 */
void
source_table_count(const Source *source, List *relids, int sign, JudgeWhen when, bool refuses_first)
{
	Relation root;
	RowProgress progress;
	DeltaBatch *batch;
	ListCell *cell;

	Assert(sign == 1 || sign == -1);
	if (relids == NIL)
		return;
	root = table_open(source->relid, AccessShareLock);
	/* After the table, as a booking does: one order of locks for all. */
	rulebook_enter_booking();
	row_progress_begin(&progress, source->name, relids);
	batch = delta_begin(mapping_of(root), CurrentMemoryContext);
	if (refuses_first)
		delta_refuse_first(batch);
	foreach(cell, relids)
	{
		Relation rel = table_open(lfirst_oid(cell), AccessShareLock);

		if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
			delta_add_relation(batch, rel, sign, &progress);
		table_close(rel, NoLock);
	}
	apply_batch(batch, when);
	delta_end(batch);
	table_close(root, NoLock);
}

/* Locks all tables of a source that are there against TRUNCATE and rewriting, to the end of the transaction. */
void
source_table_lock(const Source *source)
{
	ListCell *cell;

	LockRelationOid(source->relid, AccessShareLock);
	if (get_rel_relkind(source->relid) != '\0')
		(void) find_all_inheritors(source->relid, AccessShareLock, NULL);
	foreach(cell, source_table_list(source->source_id))
		LockRelationOid(lfirst_oid(cell), AccessShareLock);
}

/*
 * Locks all tables of all sources against TRUNCATE and rewriting, to the end of the transaction.
 *
 * Whoever will count rows begins with this. The snapshot comes after it, since to one from before a
 * TRUNCATE is committed the table is empty afterwards; and bookings are excluded after it, since a
 * TRUNCATE locks its table before it books.
 */
void
source_table_lock_all(void)
{
	List *sources = source_list();
	ListCell *cell;

	foreach(cell, sources)
		source_table_lock(lfirst(cell));
}

/*
 * Does something with the tables of all sources, locked against being written; of one kind of relation, or of all
 * (0). The record may be of a table that was dropped while no event trigger fired.
 */
static void
source_table_for_all(char relkind, void (*work)(Relation rel))
{
	List *sources = source_list();
	ListCell *source;
	ListCell *cell;

	foreach(source, sources)
		foreach(cell, source_table_list(((Source *) lfirst(source))->source_id))
		{
			Relation rel;

			if ((relkind != 0 && get_rel_relkind(lfirst_oid(cell)) != relkind) ||
				(rel = try_relation_open(lfirst_oid(cell), ShareRowExclusiveLock)) == NULL)
				continue;
			work(rel);
			relation_close(rel, NoLock);
		}
}

PG_FUNCTION_INFO_V1(steering_refuse_merge);

/*
 * refuse_merge(): gives the rule to the partitioned tables of all sources. For ALTER EXTENSION UPDATE
 * alone: 0.1.0 did not have it.
 */
Datum
steering_refuse_merge(PG_FUNCTION_ARGS)
{
	source_table_for_all(RELKIND_PARTITIONED_TABLE, merge_rule_create);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(steering_watch_sources);

/* watch_sources(): gives the tables of all sources the trigger that 0.5.0 brought. For ALTER EXTENSION UPDATE alone. */
Datum
steering_watch_sources(PG_FUNCTION_ARGS)
{
	source_table_for_all(0, booking_trigger_create_watch);
	PG_RETURN_VOID();
}
