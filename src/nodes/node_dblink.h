/*
 * node_dblink.h
 *	  The functions of PostgreSQL's extension dblink, found by that and called directly.
 */
#ifndef SP71_NODE_DBLINK_H
#define SP71_NODE_DBLINK_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern void node_dblink_find(void);
extern bool node_dblink_is_ours(void);
extern void node_dblink_connect(const char *name, const char *connection);
extern bool node_dblink_send(const char *name, const char *query);
extern bool node_dblink_is_busy(const char *name);
extern bool node_dblink_is_well(const char *name);
extern List *node_dblink_result(const char *name, int columns);
extern void node_dblink_disconnect(const char *name);

#endif
