/*
 * node_call.h
 *	  Asking one node or many at once.
 */
#ifndef SP71_NODE_CALL_H
#define SP71_NODE_CALL_H

#include "sp71_steering.h"

#include "nodes/node_link.h"

/* A question to a node, and its answer. In the memory of who asks. */
typedef struct NodeCall
{
	const NodeRow *node;
	const char *query; /* that returns so many texts a row */
	int columns;
	NodeLink *link; /* NULL: not sent, or over */
	List *rows;     /* of the answer: char *[columns], NULL for null */
	int sqlstate;   /* of what went wrong; 0: the node has answered */
	char *error;    /* what went wrong; NULL: the node has answered */
	char *hint;     /* what the node says is to be done; NULL: nothing */
} NodeCall;

/* Called again and again while answers are awaited; may raise. */
typedef void (*NodeCallWatch)(int32 argument);

extern const char *node_call_reason(const NodeCall *call);
extern void node_call_all(List *calls, int timeout);
extern void node_call_watched(NodeCall *call, int timeout, NodeCallWatch watch, int32 argument);

#endif
