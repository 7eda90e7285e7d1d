/*
 * missing_table.h
 *	  Sources, and parts of them, whose table was missing where a dump was restored.
 */
#ifndef SP71_MISSING_TABLE_H
#define SP71_MISSING_TABLE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern char *missing_stage_query(const char *stage);
extern void missing_check_names(List *relids);
extern int32 missing_source_id(const char *name);
extern bool missing_is_source(Oid relid);
extern void missing_tie(Oid relid);
extern void missing_tie_aliases(Oid relid);
extern bool missing_delete(int32 source_id, List *tree);

#endif
