/*
 * recount.h
 *	  Counting a source, and the caps that its bookings touch, anew.
 */
#ifndef SP71_RECOUNT_H
#define SP71_RECOUNT_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "mapping/source.h"
#include "nodes/pg_list.h"

extern List *recount_caps_of(int32 source_id, List *caps, MemoryContext context);
extern bool recount_orders(const Source *strict, List **caps, MemoryContext context);
extern void recount_judge(List *recounted, Oid relid, JudgeWhen when);
extern void source_recount(int32 source_id, JudgeWhen when);
extern void source_recount_readable(int32 source_id, JudgeWhen when);
extern void source_recount_strictly(int32 source_id, JudgeWhen when);
extern void source_recount_found(int32 source_id, JudgeWhen when);
extern void source_recount_dropped(int32 source_id, JudgeWhen when);
extern void source_recount_moved(int32 source_id);

#endif
