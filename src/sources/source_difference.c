/*
 * source_difference.c
 *	  How a source differs from the tables that were taken in, and making up for it.
 *
 * Bookings of tables that joined or left are netted, as one statement would do that moves their rows; where
 * that cannot be told row by row, the source is counted anew.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "rules/check_at.h"
#include "sources/recount.h"
#include "sources/source_difference.h"
#include "sources/source_table.h"
#include "sources/source_table_check.h"
#include "sources/source_tree.h"

/* Checks that all tables of a source can still be counted. */
static void
difference_check_tables(List *relids)
{
	ListCell *cell;

	foreach(cell, relids)
	{
		Relation rel = relation_open(lfirst_oid(cell), AccessShareLock);

		source_table_check(rel);
		source_table_check_parents(rel, relids);
		relation_close(rel, NoLock);
	}
}

/* Tells whether a parent of relid that is recorded became so in an earlier transaction. */
static bool
difference_joined_before(Oid relid, List *recorded)
{
	Relation inherits = table_open(InheritsRelationId, AccessShareLock);
	bool before = false;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		/* Who has written the row of pg_inherits has linked the two. */
		before |= list_member_oid(recorded, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent) &&
				  !TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return before;
}

/*
 * Tells whether the rows of the tables that joined are still to be counted as they are. Not so where
 * one joined earlier, unseen: what was written through the root since then is counted already.
 */
static bool
difference_is_uncounted(List *joined, List *recorded)
{
	ListCell *cell;

	foreach(cell, joined)
		if (difference_joined_before(lfirst_oid(cell), recorded))
			return false;
	return true;
}

/* Compares a source with its tree, and checks that what is there now can be counted. */
SourceDifference
source_difference_find(const Source *source)
{
	List *tree = source_tree_list(source->relid, NoLock);
	SourceDifference difference;

	difference.recorded = source_table_list(source->source_id);
	difference.joined = list_difference_oid(tree, difference.recorded);
	difference.left = list_difference_oid(difference.recorded, tree);
	difference_check_tables(tree);
	return difference;
}

/*
 * Tells whether what left a source is to be judged when the transaction commits. Then the rows that left are
 * read, to be netted day by day with those that come: a partition may be attached again. Else all is counted
 * anew, which does not depend on what was counted of them.
 */
static bool
difference_can_wait(List *left)
{
	ListCell *cell;

	if (!check_at_is_commit())
		return false;
	foreach(cell, left)
		if (get_rel_relkind(lfirst_oid(cell)) == '\0')
			return false;
	return true;
}

/*
 * Adds the tables that joined a source, removes those that left, and counts; all anew where rows may have
 * changed.
 */
void
source_difference_follow(const Source *source, const SourceDifference *difference, bool changed)
{
	source_table_remove(difference->left);
	source_table_add(source, difference->joined);
	if (changed || !difference_is_uncounted(difference->joined, difference->recorded))
		source_recount_strictly(source->source_id, JUDGE_NOW);
	else if (difference->left != NIL && !difference_can_wait(difference->left))
		source_recount(source->source_id, JUDGE_NOW);
	else
	{
		source_table_count(source, difference->left, -1, JUDGE_BOOKING, false);
		source_table_count(source, difference->joined, 1, JUDGE_BOOKING, false);
	}
}
