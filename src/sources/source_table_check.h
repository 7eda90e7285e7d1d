/*
 * source_table_check.h
 *	  Which tables can be counted.
 */
#ifndef SP71_SOURCE_TABLE_CHECK_H
#define SP71_SOURCE_TABLE_CHECK_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "utils/relcache.h"

extern void source_table_check(Relation rel);
extern void source_table_check_parents(Relation rel, List *tree);

#endif
