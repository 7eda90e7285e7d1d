/*
 * query_shard.h
 *	  Queries over shards that stand on this node, as the coordinator has them attached and detached.
 */
#ifndef SP71_QUERY_SHARD_H
#define SP71_QUERY_SHARD_H

#include "sp71_steering.h"

#include "nodes/nodes.h"

extern bool query_shard_follow(const Node *command);
extern void query_shard_follow_drop(void);

#endif
