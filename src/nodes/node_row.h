/*
 * node_row.h
 *	  The nodes as steering.node has them.
 */
#ifndef SP71_NODE_ROW_H
#define SP71_NODE_ROW_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

typedef struct NodeRow
{
	int32 node_id;
	char *name;
	char *connection;
} NodeRow;

extern NodeRow *node_row_read(uint64 row);
pg_noreturn extern void node_row_missing(int32 node_id);
extern List *node_row_list(Datum numbers, bool all);
extern NodeRow *node_row_find(int32 node_id);

#endif
