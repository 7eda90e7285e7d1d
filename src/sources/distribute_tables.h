/*
 * distribute_tables.h
 *	  Having Citus distribute several tables together.
 */
#ifndef SP71_DISTRIBUTE_TABLES_H
#define SP71_DISTRIBUTE_TABLES_H

#include "sp71_steering.h"

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "sources/distribute.h"

/* A table that is to be distributed together with others. */
typedef struct DistributeTable
{
	Oid relid;
	AttrNumber column; /* by which; InvalidAttrNumber: it becomes a reference table */
} DistributeTable;

extern List *distribute_tables_add(List *tables, Oid relid, AttrNumber column);
extern void distribute_tables_check_keys(List *tables, Oid relid);
extern void distribute_tables(List *tables, const DistributeRequest *request);

#endif
