/*
 * heap_row_write.h
 *	  Writing rows of a table of ours without SQL, and locking them: the way counters and usage cells are changed.
 */
#ifndef SP71_HEAP_ROW_WRITE_H
#define SP71_HEAP_ROW_WRITE_H

#include "sp71_steering.h"

#include "access/htup.h"
#include "utils/relcache.h"

typedef enum HeapWrite
{
	HEAP_WRITTEN,
	HEAP_BUSY,    /* another transaction is changing it */
	HEAP_CHANGED, /* it is not the newest version any more */
	HEAP_UNSEEN   /* REPEATABLE READ and above: the transaction's snapshot cannot see it */
} HeapWrite;

extern HeapWrite heap_row_write(Relation rel, HeapTuple tuple, bool wait);
extern void heap_row_insert(Relation rel, HeapTuple tuple);
extern HeapTuple heap_row_lock(Relation rel, ItemPointer tid, bool *deleted);
pg_noreturn extern void heap_row_serialization_failure(void);

#endif
