/*
 * converted_table.h
 *	  Tables in whose place Citus puts others.
 */
#ifndef SP71_CONVERTED_TABLE_H
#define SP71_CONVERTED_TABLE_H

#include "postgres.h"

#include "nodes/nodes.h"

extern void converted_table_follow(const Node *command);

#endif
