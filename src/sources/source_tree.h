/*
 * source_tree.h
 *	  The tables that hang together with one: its partitions of every level and inheritance children.
 */
#ifndef SP71_SOURCE_TREE_H
#define SP71_SOURCE_TREE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

extern List *source_tree_list(Oid relid, LOCKMODE lockmode);

#endif
