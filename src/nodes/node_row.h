/*
 * node_row.h
 *	  The nodes as the tables have them.
 */
#ifndef SP71_NODE_ROW_H
#define SP71_NODE_ROW_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

#define NODE_COORDINATOR 0
#define NODE_NONE (-1) /* this database is no node */

typedef struct NodeRow
{
	int32 node_id;
	char *name;
	char *connection;
} NodeRow;

extern int32 node_row_here(void);
extern List *node_row_list(Datum numbers, bool all);
extern NodeRow *node_row_find(int32 node_id);

#endif
