/*
 * row_progress.c
 *	  Telling whoever waits how far the reading of many rows is: by a NOTICE every few seconds.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "optimizer/plancat.h"
#include "utils/rel.h"

#include "bookings/row_progress.h"

#define ROW_PROGRESS_INTERVAL 5000 /* milliseconds */

/* Estimates the rows of a table, without its children, as the planner does: by its size and statistics. */
static double
row_progress_estimate(Oid relid)
{
	Relation rel = try_relation_open(relid, AccessShareLock);
	BlockNumber pages;
	double tuples = 0;
	double visible;

	if (rel == NULL)
		return 0;
	if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
		estimate_rel_size(rel, NULL, &pages, &tuples, &visible);
	relation_close(rel, NoLock);
	return tuples;
}

/* Begins with the rows of some tables, of which name is told. The list stays the caller's. */
void
row_progress_begin(RowProgress *progress, const char *name, List *relids)
{
	memset(progress, 0, sizeof(RowProgress));
	progress->name = name;
	progress->relids = relids;
	progress->told_at = GetCurrentTimestamp();
}

/* Estimates the rows of all tables, when that is first told: what is read at once needs no estimate. */
static void
row_progress_expect(RowProgress *progress)
{
	ListCell *cell;

	foreach(cell, progress->relids)
		progress->expected += row_progress_estimate(lfirst_oid(cell));
	progress->relids = NIL;
}

/* Tells how far it is, if it is time for that. */
void
row_progress_look(RowProgress *progress)
{
	TimestampTz now = GetCurrentTimestamp();

	if (progress->name == NULL ||
		!TimestampDifferenceExceeds(progress->told_at, now, ROW_PROGRESS_INTERVAL))
		return;
	progress->told_at = now;
	row_progress_expect(progress);
	ereport(NOTICE,
			(errmsg("read %llu of about %.0f rows of \"%s\"", (unsigned long long) progress->done,
					Max(progress->expected, (double) progress->done), progress->name)));
}
