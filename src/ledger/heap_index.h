/*
 * heap_index.h
 *	  Index entries of rows of a table of ours, written without SQL.
 */
#ifndef SP71_HEAP_INDEX_H
#define SP71_HEAP_INDEX_H

#include "sp71_steering.h"

#include "access/htup.h"
#include "utils/relcache.h"

extern void heap_index_insert(Relation rel, HeapTuple tuple, bool was_there);

#endif
