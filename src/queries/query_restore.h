/*
 * query_restore.h
 *	  Queries whose tables are just being restored from a dump.
 */
#ifndef SP71_QUERY_RESTORE_H
#define SP71_QUERY_RESTORE_H

#include "sp71_steering.h"

extern bool query_restore_any(void);
extern bool query_restore_goes_on(int32 source_id);
extern void query_restore_follow(int32 source_id);

#endif
