/*
 * source_tree.c
 *	  The tables that hang together with one, as the catalogs have them now.
 *
 * DETACH PARTITION CONCURRENTLY is two transactions. After the first the partition is pending: queries
 * on the parent do not see it any more, and nothing but the second (or, when that never came, DETACH
 * PARTITION ... FINALIZE) can be done about it. PostgreSQL leaves such partitions out wherever it lists
 * the tables below one. Here they are in: the rows of a partition count until it is gone, so that the
 * end of its detaching is judged, once, and other commands on the table go on meanwhile.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/lsyscache.h"

#include "sources/source_tree.h"

/* Returns the partitions of a table that are pending; there is one at most, by PostgreSQL's own rule. */
static List *
source_tree_pending(Oid relid, LOCKMODE lockmode)
{
	bool pending = false;
	List *seen;
	List *all;

	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return NIL;
	seen = find_inheritance_children_extended(relid, true, NoLock, &pending, NULL);
	if (!pending)
		return NIL;
	all = find_inheritance_children_extended(relid, false, lockmode, NULL, NULL);
	return list_difference_oid(all, seen);
}

/* Returns a table and all below it, the table first, each locked but for the table itself. */
List *
source_tree_list(Oid relid, LOCKMODE lockmode)
{
	List *tables = find_all_inheritors(relid, lockmode, NULL);
	List *pending = NIL;
	ListCell *cell;

	Assert(linitial_oid(tables) == relid);
	foreach(cell, tables)
		pending = list_concat(pending, source_tree_pending(lfirst_oid(cell), lockmode));
	foreach(cell, pending)
		tables = list_concat_unique_oid(tables, source_tree_list(lfirst_oid(cell), lockmode));
	return tables;
}
