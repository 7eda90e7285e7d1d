/*
 * heap_version.h
 *	  Versions of rows of a table of ours: scanned by key, read where they stand, copied.
 */
#ifndef SP71_HEAP_VERSION_H
#define SP71_HEAP_VERSION_H

#include "sp71_steering.h"

#include "access/genam.h"
#include "access/htup.h"
#include "access/skey.h"
#include "storage/buf.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

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

extern SysScanDesc heap_version_begin_scan(const HeapKey *key, Snapshot snapshot);
extern HeapTuple heap_version_copy(Relation rel, HeapTuple tuple);
extern void heap_version_describe(Relation rel, HeapVersion *version, HeapTuple tuple,
								  const SnapshotData *dirty);
extern Buffer heap_version_read(Relation rel, ItemPointer tid, HeapTuple tuple);
extern bool heap_version_visible(Relation rel, ItemPointer tid, Snapshot snapshot);

#endif
