/*
 * query_command.h
 *	  What a command can do to the tables of queries, as it is written.
 */
#ifndef SP71_QUERY_COMMAND_H
#define SP71_QUERY_COMMAND_H

#include "sp71_steering.h"

#include "nodes/nodes.h"

extern bool query_command_adds(const Node *command);
extern bool query_command_only_constrains(const Node *command);

#endif
