/*
 * node_link.h
 *	  Connections to other nodes, kept per session.
 */
#ifndef SP71_NODE_LINK_H
#define SP71_NODE_LINK_H

#include "sp71_steering.h"

#include "nodes/node_row.h"

typedef struct NodeLink NodeLink;

extern NodeLink *node_link_get(const NodeRow *node, int timeout);
extern void node_link_send(NodeLink *link, const char *query);
extern bool node_link_is_busy(const NodeLink *link);
extern List *node_link_result(NodeLink *link, int columns);
extern void node_link_rest(void);
extern void node_link_close(NodeLink *link);

#endif
