/*
 * query_lock_list.h
 *	  What is to be locked for rows of a query that were touched.
 */
#ifndef SP71_QUERY_LOCK_LIST_H
#define SP71_QUERY_LOCK_LIST_H

#include "sp71_steering.h"

#include "queries/touched_rows.h"
#include "storage/itemptr.h"
#include "tcop/dest.h"
#include "utils/hsearch.h"
#include "utils/snapshot.h"

/* Something to be locked: a row, or else a bucket. A key of a hash table, so it has no gaps that are not zero. */
typedef struct QueryLockKey
{
	int32 index; /* of the table in the query, where it stands first */
	uint32 hash; /* of what refers to the row; of a bucket its number */
	Oid relid;   /* of a row: its table, a partition or child it may be; else InvalidOid */
	ItemPointerData tid;
	int16 lockmode; /* of a bucket */
} QueryLockKey;

/* What is to be locked, as it is found. */
typedef struct QueryLocks
{
	DestReceiver receiver; /* first, since PostgreSQL has it for all */
	const BookingQuery *query;
	int touched;
	HTAB *keys; /* of QueryLockKey */
	MemoryContext context;
	bool look_again; /* what is to be locked may be something else by now */
} QueryLocks;

extern QueryLocks *query_lock_list_begin(const BookingQuery *query, int touched);
extern void query_lock_list_own(QueryLocks *locks, TouchedRows *rows);
extern void query_lock_list_others(QueryLocks *locks, BookingQuery *query, TouchedRows *rows,
								   Snapshot snapshot);
extern QueryLockKey *query_lock_list_sort(const QueryLocks *locks, int *count);

#endif
