/*
 * node_ask.c
 *	  A node asks the coordinator for room under a cap that is judged over nodes.
 */
#include "postgres.h"

#include "nodes/node_ask.h"

/*
 * Asks the coordinator for room: usage of this node is to rise from used to wanted, both with what the running
 * transaction has booked. The caller holds the counter of the cap as a whole, and forgets the answer with the
 * subtransaction in which it asked. 40001: it cannot be known in time.
 */
void
node_ask_for_room(int32 cap_id, Amount used, Amount wanted, NodeRoom *room)
{
	memset(room, 0, sizeof(NodeRoom));
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					errmsg("the coordinator cannot be asked for room under cap %d", cap_id)));
}
