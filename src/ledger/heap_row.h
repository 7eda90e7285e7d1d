/*
 * heap_row.h
 *	  Rows of a table of ours, found by key or by where they were last seen, and written without SQL:
 *	  the way counters and usage cells are changed.
 */
#ifndef SP71_HEAP_ROW_H
#define SP71_HEAP_ROW_H

#include "sp71_steering.h"

#include "access/htup.h"
#include "access/skey.h"
#include "utils/relcache.h"

#define HEAP_ROW_MAX_KEYS 5

/* Where to look for rows: a table, its unique index, and values for a prefix of that. */
typedef struct HeapKey
{
	Relation rel;
	Oid index;
	int nkeys;
	ScanKeyData keys[HEAP_ROW_MAX_KEYS];
} HeapKey;

/* A version of a row, as a copy in the memory of who asked. */
typedef struct HeapVersion
{
	HeapTuple tuple;      /* t_self says where it stands */
	TransactionId holder; /* another transaction that is changing or inserting it, or invalid */
	bool inserting;       /* the holder made the row, which may vanish with it */
} HeapVersion;

typedef enum HeapWrite
{
	HEAP_WRITTEN,
	HEAP_BUSY,    /* another transaction is changing it */
	HEAP_CHANGED, /* it is not the newest version any more */
	HEAP_UNSEEN   /* REPEATABLE READ and above: the transaction's snapshot cannot see it */
} HeapWrite;

/* What is done with a row that a scan meets; the tuple is good until it returns. */
typedef void (*HeapRowVisitor)(HeapTuple tuple, void *argument);

extern void heap_row_scan(Relation rel, HeapRowVisitor visit, void *argument);
extern bool heap_row_look(const HeapKey *key, ItemPointer tid, HeapVersion *version);
extern List *heap_row_list(const HeapKey *key);
extern List *heap_row_list_present(const HeapKey *key);
extern List *heap_row_list_inserting(const HeapKey *key);
extern HeapWrite heap_row_write(Relation rel, HeapTuple tuple, bool wait);
extern void heap_row_insert(Relation rel, HeapTuple tuple);
extern HeapTuple heap_row_lock(Relation rel, ItemPointer tid, bool *deleted);
pg_noreturn extern void heap_row_serialization_failure(void);

#endif
