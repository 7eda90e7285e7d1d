/*
 * flow_rounding.c
 *	  Rounds flows between nodes to wholes, each up or down to the next one, so that what enters and
 *	  what leaves each node differ by the same as before: a rounding that balances everywhere, which
 *	  rounding each flow by itself does not.
 *
 * It is known to exist wherever the differences are whole numbers (the integrality of flows), and is
 * found by going round in circles: at a node where one flow is not whole another is not either, so
 * that a walk along such flows, in either direction, comes back to where it was. More is sent round
 * the circle it has closed, or less, whichever is the least that makes one of its flows whole.
 * Whole flows are never touched again.
 *
 * Memory is that of the caller's context. The answer depends on the order of the flows alone.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "allocation/flow_rounding.h"

/* A step of the walk: a flow, and whether it was followed from its end to its beginning. */
typedef struct FlowStep
{
	int flow;
	bool back;
} FlowStep;

/* The flows at each node that are not known to be whole, and a walk along them. */
typedef struct FlowWalk
{
	Flow *flows;
	int *links;     /* flows at the nodes, node by node */
	int *first;     /* where those of each node begin */
	int *count;     /* how many of them are left */
	int *place;     /* at which step the walk left each node; -1: not on the walk */
	FlowStep *path; /* the steps of the walk */
	int length;
} FlowWalk;

/* Returns by how many parts a flow is above the whole below it. */
static inline int64
flow_above(const Flow *flow)
{
	return (int64) (flow->value & (FLOW_PARTS - 1));
}

/* Enters a flow at one of its nodes; those entered first are followed first. */
static void
flow_link(FlowWalk *walk, int node, int flow)
{
	walk->count[node]++;
	walk->links[walk->first[node + 1] - walk->count[node]] = flow;
}

/* Makes the lists of flows at each node. */
static void
flow_walk_begin(FlowWalk *walk, Flow *flows, int count, int nodes)
{
	walk->flows = flows;
	walk->links = palloc_extended((Size) 2 * count * sizeof(int) + 1, MCXT_ALLOC_HUGE);
	walk->first = palloc0((nodes + 1) * sizeof(int));
	walk->count = palloc0(nodes * sizeof(int));
	walk->place = palloc(nodes * sizeof(int));
	walk->path = palloc(nodes * sizeof(FlowStep));
	walk->length = 0;
	for (int i = 0; i < count; i++)
	{
		walk->first[flows[i].from + 1]++;
		walk->first[flows[i].to + 1]++;
	}
	for (int i = 0; i < nodes; i++)
	{
		walk->first[i + 1] += walk->first[i];
		walk->place[i] = -1;
	}
	for (int i = 0; i < count; i++)
	{
		flow_link(walk, flows[i].from, i);
		flow_link(walk, flows[i].to, i);
	}
}

/* Returns a flow at a node that is not whole, and not the one the walk came by; -1: there is none. */
static int
flow_find(FlowWalk *walk, int node, int came_by)
{
	int *links = &walk->links[walk->first[node]];
	int *count = &walk->count[node];

	while (*count > 0)
	{
		int last = links[*count - 1];

		if (flow_above(&walk->flows[last]) == 0)
			(*count)--;
		else if (last != came_by)
			return last;
		else if (*count == 1)
			break;
		else
		{
			links[*count - 1] = links[*count - 2];
			links[*count - 2] = last;
		}
	}
	return -1;
}

/* Sends round a circle, the steps from a place to the end of the walk, the least that makes one whole. */
static void
flow_send_round(FlowWalk *walk, int place)
{
	int64 more = (int64) FLOW_PARTS;
	int64 less = (int64) FLOW_PARTS;
	int64 change;

	for (int i = place; i < walk->length; i++)
	{
		int64 above = flow_above(&walk->flows[walk->path[i].flow]);
		int64 below = (int64) FLOW_PARTS - above;

		more = Min(more, walk->path[i].back ? above : below);
		less = Min(less, walk->path[i].back ? below : above);
	}
	change = more <= less ? more : -less;
	for (int i = place; i < walk->length; i++)
		walk->flows[walk->path[i].flow].value += walk->path[i].back ? -change : change;
}

/* Takes back the steps of the walk from a place on. */
static void
flow_step_back(FlowWalk *walk, int place)
{
	while (walk->length > place)
	{
		const FlowStep *step = &walk->path[--walk->length];
		const Flow *flow = &walk->flows[step->flow];

		walk->place[step->back ? flow->to : flow->from] = -1;
	}
}

/* Follows flows from a node until all flows there are whole. */
static void
flow_walk_from(FlowWalk *walk, int node)
{
	for (;;)
	{
		int came_by = walk->length > 0 ? walk->path[walk->length - 1].flow : -1;
		FlowStep *step = &walk->path[walk->length];

		CHECK_FOR_INTERRUPTS();
		step->flow = flow_find(walk, node, came_by);
		if (step->flow < 0)
			break;
		step->back = walk->flows[step->flow].from != node;
		walk->place[node] = walk->length++;
		node = step->back ? walk->flows[step->flow].from : walk->flows[step->flow].to;
		if (walk->place[node] >= 0)
		{
			int place = walk->place[node];

			flow_send_round(walk, place);
			flow_step_back(walk, place);
		}
	}
	if (walk->length > 0)
		elog(ERROR, "flows do not balance at node %d", node);
}

/*
 * Rounds flows between this many nodes to wholes of FLOW_PARTS.
 *
 * What enters each node less what leaves it must be whole. No flow may begin and end at one node.
 */
void
flow_round(Flow *flows, int count, int nodes)
{
	FlowWalk walk;

	flow_walk_begin(&walk, flows, count, nodes);
	for (int i = 0; i < nodes; i++)
		flow_walk_from(&walk, i);
	pfree(walk.links);
	pfree(walk.first);
	pfree(walk.count);
	pfree(walk.place);
	pfree(walk.path);
}
