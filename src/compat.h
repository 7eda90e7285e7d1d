/*
 * compat.h
 *	  The differences between PostgreSQL releases, each written as the newer API back-ported.
 */
#ifndef SP71_COMPAT_H
#define SP71_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "sp71_steering needs PostgreSQL 15 or later"
#endif

/* 18 puts what is noreturn before a declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* 18 has virtual generated columns, and this to replace them by their expressions. */
#if PG_VERSION_NUM >= 180000
#include "rewrite/rewriteHandler.h"
#else
#define expand_generated_columns_in_expr(node, rel, rt_index) (node)
#endif

/* 19 gives a scan flags, heap_update options, and pruning the visibility map. */
#if PG_VERSION_NUM >= 190000
#define heap_update_row(relation, otid, newtup, cid, crosscheck, wait, tmfd, lockmode,             \
						update_indexes)                                                            \
	heap_update(relation, otid, newtup, cid, 0, crosscheck, wait, tmfd, lockmode, update_indexes)
#else
#include "access/heapam.h"
#include "access/tableam.h"

#define table_beginscan(relation, snapshot, nkeys, key, flags)                                     \
	table_beginscan(relation, snapshot, nkeys, key)
#define heap_page_prune_opt(relation, buffer, vmbuffer, rel_read_only)                             \
	heap_page_prune_opt(relation, buffer)
#endif

/* 16 can leave out columns that are missing where rows are brought into another form. */
#include "access/attmap.h"
#if PG_VERSION_NUM < 160000
#define build_attrmap_by_name(indesc, outdesc, missing_ok) build_attrmap_by_name(indesc, outdesc)
#endif

/* 16 tells which indexes a heap update needs, and can write those of summarizing indexes alone. */
#if PG_VERSION_NUM < 160000
typedef enum TU_UpdateIndexes
{
	TU_None,
	TU_All,
	TU_Summarizing
} TU_UpdateIndexes;

static inline TM_Result
heap_update_row(Relation relation, ItemPointer otid, HeapTuple newtup, CommandId cid,
				Snapshot crosscheck, bool wait, TM_FailureData *tmfd, LockTupleMode *lockmode,
				TU_UpdateIndexes *update_indexes)
{
	TM_Result result = heap_update(relation, otid, newtup, cid, crosscheck, wait, tmfd, lockmode);

	*update_indexes = result == TM_Ok && !HeapTupleIsHeapOnly(newtup) ? TU_All : TU_None;
	return result;
}
#elif PG_VERSION_NUM < 190000
#define heap_update_row heap_update
#endif

/* 16 has other names for where a relation's file is, 17 for the number of a session. */
#if PG_VERSION_NUM < 160000
#include "storage/relfilenode.h"

typedef RelFileNode RelFileLocator;
#define relation_locator(space, database, number)                                                  \
	((RelFileLocator){.spcNode = (space), .dbNode = (database), .relNode = (number)})
#else
#include "storage/relfilelocator.h"

#define relation_locator(space, database, number)                                                  \
	((RelFileLocator){.spcOid = (space), .dbOid = (database), .relNumber = (number)})
#endif
#if PG_VERSION_NUM < 170000
#define INVALID_PROC_NUMBER InvalidBackendId
#endif

/* 16 notes with a Var which outer joins can make it null. */
#if PG_VERSION_NUM < 160000
#define markNullableIfNeeded(pstate, var) ((void) 0)
#endif

/* 16 asks for privileges on any object by one function; here only on functions. */
#if PG_VERSION_NUM < 160000
#define object_aclcheck(classid, objectid, roleid, mode) pg_proc_aclcheck(objectid, roleid, mode)
#endif

/* 16 lets connecting by dblink be interrupted, but it no longer heeds connect_timeout. */
#define DBLINK_HEEDS_CONNECT_TIMEOUT (PG_VERSION_NUM < 160000)

/* 18 asks whether a primary key that is deferrable will do. */
#if PG_VERSION_NUM < 180000
#define RelationGetPrimaryKeyIndex(relation, deferrable_ok) RelationGetPrimaryKeyIndex(relation)
#endif

/* 16 finds settings by a hash; before, all are sorted anew for each that is defined, see settings.c. */
#define SETTINGS_ARE_SORTED (PG_VERSION_NUM < 160000)

/* 16 has input functions that return an error, if they are given a context for it. */
#if PG_VERSION_NUM < 160000
#include "fmgr.h"

static inline bool
InputFunctionCallSafe(FmgrInfo *flinfo, char *str, Oid typioparam, int32 typmod, void *escontext,
					  Datum *result)
{
	*result = InputFunctionCall(flinfo, str, typioparam, typmod);
	return true;
}
#endif

/* Inserts the entries of a new row into all indexes; 16 and 19 each changed how that is asked for. */
#if PG_VERSION_NUM >= 190000
#define exec_insert_index_tuples(result, estate, slot)                                             \
	ExecInsertIndexTuples(result, estate, 0, slot, NIL, NULL)
#elif PG_VERSION_NUM >= 160000
#define exec_insert_index_tuples(result, estate, slot)                                             \
	ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL, false)
#else
#define exec_insert_index_tuples(result, estate, slot)                                             \
	ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL)
#endif

#endif
