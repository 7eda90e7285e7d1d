/*
 * distribute.h
 *	  What steering.distribute() was asked to do, with a source that is a table of its own.
 */
#ifndef SP71_DISTRIBUTE_H
#define SP71_DISTRIBUTE_H

#include "sp71_steering.h"

#include "access/attnum.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

typedef struct DistributeRequest
{
	char *column;
	Datum colocate_with; /* text: a table by its whole name, "default" or "none" */
	Datum shard_count;
	bool shard_count_is_null;
} DistributeRequest;

extern void distribute_read(FunctionCallInfo fcinfo, DistributeRequest *request);
pg_noreturn extern void distribute_refuse(Oid relid, const char *why, const char *hint);
extern AttrNumber distribute_column(Oid relid, const char *name);
extern void distribute_check_place(Oid relid, List *tree);
extern void distribute_check_triggers(Oid relid);
extern void distribute_check_judged(void);
extern void distribute_source(FunctionCallInfo fcinfo, const DistributeRequest *request);

#endif
