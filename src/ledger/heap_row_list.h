/*
 * heap_row_list.h
 *	  All rows of a key, or of a table.
 */
#ifndef SP71_HEAP_ROW_LIST_H
#define SP71_HEAP_ROW_LIST_H

#include "sp71_steering.h"

#include "ledger/heap_version.h"

/* What is done with a row that a scan meets; the tuple is good until it returns. */
typedef void (*HeapRowVisitor)(HeapTuple tuple, void *argument);

extern void heap_row_scan(Relation rel, HeapRowVisitor visit, void *argument);
extern List *heap_row_list(const HeapKey *key);
extern List *heap_row_list_present(const HeapKey *key);
extern List *heap_row_list_inserting(const HeapKey *key);

#endif
