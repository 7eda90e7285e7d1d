/*
 * citus_distribute.h
 *	  Having Citus distribute tables.
 */
#ifndef SP71_CITUS_DISTRIBUTE_H
#define SP71_CITUS_DISTRIBUTE_H

#include "sp71_steering.h"

extern void citus_distribute_table(Oid relid, const char *column, Datum colocate_with,
								   Datum shard_count, bool shard_count_is_null);
extern void citus_distribute_copied(Oid relid);
extern void citus_distribute_remove_copied(Oid relid);

#endif
