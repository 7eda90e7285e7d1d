/*
 * heap_bulk.h
 *	  Many new rows of a table, written without SQL a page at a time.
 */
#ifndef SP71_HEAP_BULK_H
#define SP71_HEAP_BULK_H

#include "sp71_steering.h"

#include "access/htup.h"
#include "utils/relcache.h"

typedef struct HeapBulk HeapBulk;

extern HeapBulk *heap_bulk_begin(Relation rel);
extern void heap_bulk_insert(HeapBulk *bulk, HeapTuple tuple);
extern void heap_bulk_end(HeapBulk *bulk);

#endif
