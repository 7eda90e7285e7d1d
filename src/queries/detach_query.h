/*
 * detach_query.h
 *	  How queries end.
 */
#ifndef SP71_DETACH_QUERY_H
#define SP71_DETACH_QUERY_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern void detach_query(int32 source_id);
extern List *detach_query_lock_to_end(int32 source_id, const char *verb);
extern void detach_query_forget(int32 source_id, List *tables);
extern void detach_query_moved(List *source_ids);
extern void detach_query_lost(void);

#endif
