/*
 * citus.h
 *	  What the catalogs of Citus say of a table, where Citus is there.
 */
#ifndef SP71_CITUS_H
#define SP71_CITUS_H

#include "postgres.h"

#include "access/attnum.h"

/* What a table is to Citus. */
typedef enum CitusKind
{
	CITUS_NONE,        /* it knows nothing of it; or it is a shard */
	CITUS_DISTRIBUTED, /* its rows are in shards, each on one node */
	CITUS_COPIED /* a reference table, of which each node has a copy; or a local one that it takes part in */
} CitusKind;

extern bool citus_is_there(void);
extern CitusKind citus_kind(Oid relid);
extern AttrNumber citus_distribution_column(Oid relid);
extern bool citus_has_placement(int64 shard);
extern char *citus_shard_of(Oid relid);
extern bool citus_is_fed(Oid relid);

#endif
