/*
 * own_size.c
 *	  How large the extension's own tables are, and what of that a new session can spare itself.
 *
 * To open a table or an index takes as long as a booking where that is done for the first time. So what has no row is not
 * opened, what is small is read without an index, and of what is not large all is read where many rows are asked for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "own_size.h"

#define OWN_SMALL_BLOCKS 4       /* a table that is read without an index */
#define OWN_BLOCKS_PER_LOOKUP 16 /* what may be read for each look-up to spare others */
#define OWN_MOST_BLOCKS 64       /* of a table that is kept in memory, where it takes a megabyte */

/* Tells whether the file of a relation has no block; false where it has no file of its own. */
static bool
own_file_is_empty(Form_pg_class form)
{
	Oid space = OidIsValid(form->reltablespace) ? form->reltablespace : MyDatabaseTableSpace;
	RelFileLocator file = relation_locator(space, MyDatabaseId, form->relfilenode);

	return form->relkind == RELKIND_RELATION && form->relpersistence != RELPERSISTENCE_TEMP &&
		   OidIsValid(form->relfilenode) &&
		   smgrnblocks(smgropen(file, INVALID_PROC_NUMBER), MAIN_FORKNUM) == 0;
}

/*
 * Tells whether one of our tables has no row for sure, by the size of its file, without opening it: in a session
 * that is new, to open a table with its triggers and checks takes as long as a booking.
 */
bool
own_is_empty(OwnRelation which)
{
	Oid relid = own_relation(which);
	HeapTuple tuple;
	bool is_empty;

	/* Whoever gives the table another file, or drops it, holds a lock that this one waits for. */
	LockRelationOid(relid, AccessShareLock);
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	is_empty = HeapTupleIsValid(tuple) && own_file_is_empty((Form_pg_class) GETSTRUCT(tuple));
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	UnlockRelationOid(relid, AccessShareLock);
	return is_empty;
}

/*
 * Tells whether all of a table that has no more blocks than this may be read where few rows are wanted. Not in a
 * SERIALIZABLE transaction, whose predicate lock would be on all.
 */
static bool
own_is_within(Relation rel, BlockNumber most)
{
	return !IsolationIsSerializable() && RelationGetNumberOfBlocks(rel) <= most;
}

/*
 * Begins a scan of one of our tables by an index, or without it where the table is small: in a session that
 * is new, opening an index takes as long as a booking. As systable_beginscan() else, with the keys that it
 * has numbered anew.
 */
SysScanDesc
own_begin_scan(Relation rel, OwnRelation index, Snapshot snapshot, int count, ScanKey keys)
{
	if (own_is_within(rel, OWN_SMALL_BLOCKS))
		return systable_beginscan(rel, InvalidOid, false, snapshot, count, keys);
	return systable_beginscan(rel, own_relation(index), true, snapshot, count, keys);
}

/* Tells whether it pays to read all of a table and keep it in memory, for who has looked so many rows up. */
bool
own_is_worth_reading(Relation rel, int lookups)
{
	BlockNumber most =
		Min(lookups, OWN_MOST_BLOCKS / OWN_BLOCKS_PER_LOOKUP) * OWN_BLOCKS_PER_LOOKUP;

	return own_is_within(rel, most);
}
