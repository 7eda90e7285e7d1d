/*
 * node_ask.h
 *	  A node asks the coordinator for room under a cap that is judged over nodes, and for overrides of it.
 */
#ifndef SP71_NODE_ASK_H
#define SP71_NODE_ASK_H

#include "sp71_steering.h"

#include "types/amount.h"

/* What the coordinator answers. It has written that down, and committed, before it says so. */
typedef struct NodeRoom
{
	bool alone;       /* no other node raises usage now: this one judges by the ladder */
	bool warns;       /* not alone: usage stands at a step that warns */
	Amount ceiling;   /* not alone: so high usage of this node may go, and crosses no step */
	Amount elsewhere; /* alone, or warns: what all other nodes use together at most */
	int64
		change_number; /* of the coordinator's last change: a node that has not applied it catches up */
} NodeRoom;

extern void node_ask_for_room(int32 cap_id, Amount used, Amount wanted, NodeRoom *room);
extern void node_ask_for_overrides(int32 cap_id, char **overrides, char **unanswered);
extern void node_ask_check_change(int64 number);
extern bool node_ask_passes(int sqlstate);
pg_noreturn extern void node_ask_refuse(int32 cap_id, const char *reason);

#endif
