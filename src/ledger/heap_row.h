/*
 * heap_row.h
 *	  Rows of a table of ours, found by key or by where they were last seen, without SQL.
 */
#ifndef SP71_HEAP_ROW_H
#define SP71_HEAP_ROW_H

#include "sp71_steering.h"

#include "ledger/heap_version.h"

extern bool heap_row_look(const HeapKey *key, ItemPointer tid, HeapVersion *version);
extern bool heap_row_read(const HeapKey *key, ItemPointer tid, HeapTuple tuple, Buffer *buffer);

#endif
