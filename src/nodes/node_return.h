/*
 * node_return.h
 *	  Giving way to who takes room back: who waits for the coordinator holds what the coordinator waits for.
 */
#ifndef SP71_NODE_RETURN_H
#define SP71_NODE_RETURN_H

#include "sp71_steering.h"

extern void node_return_announce(int32 cap_id);
extern bool node_return_is_wanted(int32 cap_id);

#endif
