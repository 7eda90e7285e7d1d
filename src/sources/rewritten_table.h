/*
 * rewritten_table.h
 *	  The tables that this transaction rewrites.
 */
#ifndef SP71_REWRITTEN_TABLE_H
#define SP71_REWRITTEN_TABLE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern List *rewritten_table_list(void);
extern bool rewritten_table_take(List *relids);

#endif
