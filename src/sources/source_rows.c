/*
 * source_rows.c
 *	  The rows of a source, as its mapping reads them.
 *
 * Rows and the list of tables are read under the active snapshot. Each table is read through its mapping
 * (mapping_read_rows()), and with AccessShareLock, as any query would.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "mapping/counted_rows.h"
#include "sources/source_rows.h"
#include "sources/source_table.h"

/* One table whose rows are visited. */
typedef struct VisitedTable
{
	const Source *source;
	Relation rel;
	Mapping *mapping;
	SourceRowVisitor visit;
	void *context;
} VisitedTable;

/* Visits the rows of a table, without its children. */
static void
source_visit_mapped(void *argument)
{
	const VisitedTable *table = argument;
	TupleTableSlot *slot = table_slot_create(table->rel, NULL);
	TableScanDesc rows = table_beginscan(table->rel, GetActiveSnapshot(), 0, NULL, 0);

	while (table_scan_getnextslot(rows, ForwardScanDirection, slot))
	{
		MappedRow row;

		CHECK_FOR_INTERRUPTS();
		mapping_read(table->mapping, slot, &row);
		table->visit(table->source, &row, table->context);
	}
	table_endscan(rows);
	ExecDropSingleTupleTableSlot(slot);
}

/* Visits the rows of one table of a source, if it is still there and has rows of its own. */
static void
source_visit_table(const Source *source, Oid relid, SourceRowVisitor visit, void *context)
{
	VisitedTable table = {.source = source, .visit = visit, .context = context};

	table.rel = try_relation_open(relid, AccessShareLock);
	if (table.rel == NULL)
		return;
	if (RELKIND_HAS_TABLE_AM(table.rel->rd_rel->relkind) &&
		(table.mapping = mapping_of(table.rel)) != NULL)
		mapping_read_rows(table.mapping, table.rel, source_visit_mapped, &table);
	relation_close(table.rel, NoLock);
}

/*
 * Returns the tables of a source whose rows the counters of the active snapshot are to hold.
 *
 * These are the tables that it consists of, but not those that another transaction has taken in since
 * the snapshot: their rows may be visible in it, and are in no counter yet. A table of the tree that
 * nobody took in (event triggers did not fire) is read: its rows are bookings, and verify() is to say
 * that they are not counted. One that was taken in and is not in the tree is being detached
 * concurrently; until that is finished its rows count.
 */
static List *
source_counted_tables(const Source *source)
{
	Relation root = try_relation_open(source->relid, AccessShareLock);
	List *tree;
	List *recorded;
	List *visible;

	if (root == NULL)
		return NIL;
	relation_close(root, NoLock);
	tree = find_all_inheritors(source->relid, AccessShareLock, NULL);
	recorded = source_table_list(source->source_id);
	visible = source_table_list_visible(source->source_id);
	return list_difference_oid(list_union_oid(tree, visible),
							   list_difference_oid(recorded, visible));
}

/*
 * Refuses to count a source while a statement of this session writes one of its tables; see counted_rows.c. Call it where
 * its error is nobody's attempt.
 */
void
source_check_counted(const Source *source)
{
	List *relids = counted_rows_may_be_written() ? source_counted_tables(source) : NIL;
	ListCell *cell;

	foreach(cell, relids)
		counted_rows_check(lfirst_oid(cell));
}

/* Visits all rows of a source. Raises what its mapping raises. */
void
source_visit_rows(const Source *source, SourceRowVisitor visit, void *context)
{
	List *relids = source_counted_tables(source);
	ListCell *cell;

	foreach(cell, relids)
		source_visit_table(source, lfirst_oid(cell), visit, context);
}
