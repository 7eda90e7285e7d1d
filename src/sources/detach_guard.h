/*
 * detach_guard.h
 *	  Which partition DETACH PARTITION CONCURRENTLY is about, before it begins.
 */
#ifndef SP71_DETACH_GUARD_H
#define SP71_DETACH_GUARD_H

#include "sp71_steering.h"

#include "nodes/nodes.h"

extern bool detach_guard_is_concerned(const Node *command);
extern Oid detach_guard_find(const Node *command, Oid *parent);

#endif
