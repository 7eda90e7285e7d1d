/*
 * touched_rows.c
 *	  The rows of a table of a query that a statement has touched in a way that matters to the query.
 *
 * Of an update those that differ in a column that the query reads. The transition tables hold the old and the new
 * version of a row in the same place; where a trigger has kept some from being stored they do not, and all rows
 * count as touched. Rows of partitions and children are brought into the form of the table that the query names, by
 * the names of columns, and hold what the query reads alone.
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/table.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "queries/touched_rows.h"

/* Rows on their way from the transition tables. */
typedef struct TouchedWork
{
	const BookingQuery *query;
	const QueryTable *table;
	bool is_lines;
	TupleDesc desc; /* of the query's table */
	AttrMap *map;   /* from its columns to those of the trigger's table; NULL: they are the same */
	TupleTableSlot *old_slot;
	TupleTableSlot *new_slot;
	Datum *values;
	bool *nulls;
	TouchedRows *touched;
} TouchedWork;

/* Returns a column of the trigger's table, by that of the query's table. */
static inline AttrNumber
touched_rows_attribute(const TouchedWork *work, int attribute)
{
	return work->map == NULL ? attribute : work->map->attnums[attribute - 1];
}

/* Tells whether two versions of a row are the same in a set of columns. */
static bool
touched_rows_are_equal(const TouchedWork *work, const Bitmapset *attributes)
{
	int attribute = -1;

	while ((attribute = bms_next_member(attributes, attribute)) >= 0)
	{
		Form_pg_attribute form = TupleDescAttr(work->desc, attribute - 1);
		AttrNumber here = touched_rows_attribute(work, attribute);
		bool old_null;
		bool new_null;
		Datum old_value = slot_getattr(work->old_slot, here, &old_null);
		Datum new_value = slot_getattr(work->new_slot, here, &new_null);

		if (old_null != new_null)
			return false;
		if (!old_null && !datum_image_eq(old_value, new_value, form->attbyval, form->attlen))
			return false;
	}
	return true;
}

/* Keeps a version of a row. */
static void
touched_rows_add(TouchedWork *work, TupleTableSlot *slot)
{
	int attribute = -1;

	while ((attribute = bms_next_member(work->table->reads, attribute)) >= 0)
		work->values[attribute - 1] = slot_getattr(slot, touched_rows_attribute(work, attribute),
												   &work->nulls[attribute - 1]);
	tuplestore_putvalues(work->touched->rows, work->desc, work->values, work->nulls);
	work->touched->count++;
}

/* Goes to the start of a transition table, where another trigger may not have left it. */
static void
touched_rows_rewind(Tuplestorestate *rows)
{
	tuplestore_select_read_pointer(rows, 0);
	tuplestore_rescan(rows);
}

/* Keeps all rows of a transition table. */
static void
touched_rows_add_all(TouchedWork *work, Tuplestorestate *rows)
{
	if (rows == NULL)
		return;
	touched_rows_rewind(rows);
	while (tuplestore_gettupleslot(rows, true, false, work->new_slot))
	{
		CHECK_FOR_INTERRUPTS();
		touched_rows_add(work, work->new_slot);
	}
}

/*
 * Keeps a row that was updated, if it matters. The old version of a row of the first table says nothing that the new
 * one does not, but where it is to be found, and what it was joined with.
 */
static void
touched_rows_add_update(TouchedWork *work)
{
	bool are_ties_equal;

	if (touched_rows_are_equal(work, work->table->reads))
		return;
	are_ties_equal = touched_rows_are_equal(work, work->table->ties);
	if (!are_ties_equal)
	{
		touched_rows_add(work, work->old_slot);
		work->touched->has_keys_moved = true;
		work->touched->has_new_keys = true;
	}
	touched_rows_add(work, work->new_slot);
}

/* Keeps the rows that were updated and matter. */
static void
touched_rows_add_updates(TouchedWork *work, Tuplestorestate *old_rows, Tuplestorestate *new_rows)
{
	touched_rows_rewind(old_rows);
	touched_rows_rewind(new_rows);
	while (tuplestore_gettupleslot(old_rows, true, false, work->old_slot) &&
		   tuplestore_gettupleslot(new_rows, true, false, work->new_slot))
	{
		CHECK_FOR_INTERRUPTS();
		touched_rows_add_update(work);
	}
}

/* Keeps the rows of a statement that matter. */
static void
touched_rows_add_statement(TouchedWork *work, const TriggerData *trigger)
{
	Tuplestorestate *old_rows = trigger->tg_oldtable;
	Tuplestorestate *new_rows = trigger->tg_newtable;

	if (old_rows != NULL && new_rows != NULL &&
		tuplestore_tuple_count(old_rows) == tuplestore_tuple_count(new_rows))
	{
		touched_rows_add_updates(work, old_rows, new_rows);
		return;
	}
	work->touched->has_keys_moved = old_rows != NULL && new_rows != NULL;
	work->touched->has_new_keys = new_rows != NULL;
	touched_rows_add_all(work, old_rows);
	touched_rows_add_all(work, new_rows);
}

/* Begins with no row. */
static TouchedRows *
touched_rows_begin(const BookingQuery *query, int index)
{
	TouchedRows *touched = palloc0(sizeof(TouchedRows));

	touched->index = index;
	touched->relid = query->table[index].relid;
	touched->rows = tuplestore_begin_heap(false, false, work_mem);
	return touched;
}

/* Finds the rows of a table of a query that a statement has touched in a way that matters to it. */
TouchedRows *
touched_rows_find(const BookingQuery *query, int index, const TriggerData *trigger)
{
	const QueryTable *table = &query->table[index];
	Relation rel = trigger->tg_relation;
	Relation root =
		RelationGetRelid(rel) == table->relid ? rel : table_open(table->relid, AccessShareLock);
	TouchedWork work = {query, table, index == 0, RelationGetDescr(root)};

	work.touched = touched_rows_begin(query, index);
	if (root != rel)
		work.map = build_attrmap_by_name(RelationGetDescr(rel), RelationGetDescr(root), false);
	work.old_slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	work.new_slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	work.values = palloc0(work.desc->natts * sizeof(Datum));
	work.nulls = palloc(work.desc->natts * sizeof(bool));
	memset(work.nulls, true, work.desc->natts * sizeof(bool));
	touched_rows_add_statement(&work, trigger);
	ExecDropSingleTupleTableSlot(work.old_slot);
	ExecDropSingleTupleTableSlot(work.new_slot);
	if (root != rel)
		table_close(root, NoLock);
	return work.touched;
}

/* Lets go of the rows. */
void
touched_rows_end(TouchedRows *touched)
{
	tuplestore_end(touched->rows);
	pfree(touched);
}
