/*
 * query_lock.h
 *	  The locks by which who changes a table of a query does not miss what others change of it.
 *
 * The joined tables are of two kinds. The rows of a header change together with those of the first table, so these
 * lock them: NO KEY UPDATE, which goes with the KEY SHARE of foreign keys and is exclusive among lines. A lookup is
 * shared by rows that have nothing to do with each other, so these lock none of its rows. They take a share of a
 * bucket, one of 64 by the hash of what refers to the row; who changes a row of a lookup takes its bucket alone.
 *
 * Who changes	takes, after its change and before it reads
 * a line		the rows of its headers; shares of the buckets of its lookups
 * a header		(its own row, by changing it;) the same of its lines, and where its key is new a share of its own bucket
 * a lookup		the buckets of its old and new key alone; shares of those of the other lookups of its lines
 *
 * A header that is not there yet has no row to lock: who finds none takes its bucket alone, and looks again.
 *
 * A table that stands in several places is the same kind in all of them, and its rows and buckets are the same ones
 * whatever place they are found by. Who changes it takes what is its own by all places before anything of its lines.
 *
 * So of two that change different tables of one line one waits for the other before it reads, by a snapshot that is
 * taken after that. Line and header: by the row of the header. Line and lookup, header and lookup, lookup and lookup:
 * by the bucket. Header and header: by their rows. What stands between the line and a header is a header, so that
 * the way to a row that is locked is locked; where a lookup stands behind a lookup, it is looked again what is to be
 * locked, until nothing is new.
 */
#ifndef SP71_QUERY_LOCK_H
#define SP71_QUERY_LOCK_H

#include "sp71_steering.h"

#include "queries/touched_rows.h"
#include "storage/lockdefs.h"

extern List *query_lock_tables(const BookingQuery *query, LOCKMODE lockmode);
extern void query_lock_touched(BookingQuery *query, List *touched);

#endif
