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

/* How the rows of a table are spread over nodes. */
typedef struct CitusSpread
{
	int32 group; /* tables of one group have rows of the same value on the same node */
	AttrNumber
		attribute;  /* the column of that value; InvalidAttrNumber: all rows are in one shard */
	bool is_copied; /* a reference table: each node has all rows */
} CitusSpread;

extern bool citus_is_there(void);
extern CitusKind citus_kind(Oid relid);
extern bool citus_is_new(Oid relid);
extern bool citus_is_appended(Oid relid);
extern bool citus_is_repeated(Oid relid);
extern AttrNumber citus_distribution_column(Oid relid);
extern bool citus_is_worker(void);
extern bool citus_spread(Oid relid, CitusSpread *spread);
extern Oid citus_sibling(Oid relid, Oid whole);
extern bool citus_has_placement(int64 shard);
extern char *citus_shard_of(Oid relid);
extern bool citus_is_fed(Oid relid);

#endif
