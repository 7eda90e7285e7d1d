/*
 * placement.h
 *	  Shards of distributed sources: how they come to stand on this node, and leave it.
 */
#ifndef SP71_PLACEMENT_H
#define SP71_PLACEMENT_H

#include "postgres.h"

#include "nodes/nodes.h"

extern void placement_follow(const Node *command);
extern void placement_follow_drop(void);

#endif
