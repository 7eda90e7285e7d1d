/*
 * cost_equations.c
 *	  The reciprocal method: the cost of each service, with what it receives of the others, is the
 *	  solution of simultaneous equations; and what it gives is rounded so that all balances.
 *
 * Rounding each transfer by itself would leave services that give a cent more or less than they have.
 * Instead the transfers, the cost of each service and what each final receiver gets are taken as
 * flows in one network, first balanced to a tiny part of the unit, which the limits of Real ask
 * for, and then rounded together: each to one of the two multiples of the unit next to it.
 */
#include "postgres.h"

#include <math.h>

#include "allocation/cost_network.h"
#include "allocation/flow_rounding.h"
#include "allocation/linear_system.h"

/* Nodes of the network of flows: each service twice, its cost flows from one to the other. */
#define NODE_IN(network, service) (service)
#define NODE_OUT(network, service) ((network)->services + (service))
#define NODE_FINAL(network, receiver) ((network)->services + (receiver))
#define NODE_END(network) ((network)->services + (network)->nobody + 1)

/*
 * Solves for the cost of each service, in units: x = d + A' x, with d booked on it and A the part that
 * each service gives to each other.
 *
 * With a way out for each there is one solution; but when next to nothing goes out of a group it may
 * be out of reach of the numbers here. 22003: that is so because of what was booked.
 */
static Real *
equations_solve(const CostNetwork *network)
{
	int size = network->services;
	Real *matrix =
		palloc_extended((Size) size * size * sizeof(Real), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Real *direct = palloc(size * sizeof(Real));
	Real *cost = palloc(size * sizeof(Real));
	int128 total = 0;
	int greatest = 0;
	int wrong;

	for (int i = 0; i < size; i++)
	{
		const CostGiver *giver = &network->givers[i];

		direct[i] = giver->direct / network->unit;
		total += giver->direct < 0 ? -(int128) giver->direct : giver->direct;
		matrix[i * size + i] = 1;
		for (int j = 0; j < giver->count; j++)
			if (giver->shares[j].receiver < size)
				matrix[giver->shares[j].receiver * size + i] -= giver->shares[j].part;
	}
	wrong = linear_system_solve(matrix, direct, size, cost);
	if (wrong != LINEAR_SYSTEM_SOLVED)
		cost_network_refuse_circle(network, wrong);
	for (int i = 0; i < size; i++)
		if (fabsl(cost[i]) > fabsl(cost[greatest]))
			greatest = i;
	if (size > 0 && !(fabsl(cost[greatest]) < PG_INT64_MAX / network->unit))
	{
		(void) amount_narrow(total);
		cost_network_refuse_circle(network, greatest);
	}
	pfree(matrix);
	pfree(direct);
	return cost;
}

/* Converts a number of units, within the range of int64, to parts of a flow. */
static int128
equations_parts(Real units)
{
	Real whole = floorl(units);

	return (int128) (int64) whole * FLOW_PARTS + (int64) rintl((units - whole) * (Real) FLOW_PARTS);
}

/* Makes flows of what each service gives; they balance as well as numbers of their kind can. */
static void
equations_give(const CostNetwork *network, const Real *cost, Flow *flows)
{
	for (int i = 0; i < network->services; i++)
	{
		const CostGiver *giver = &network->givers[i];

		for (int j = 0; j < giver->count; j++, flows++)
		{
			int receiver = giver->shares[j].receiver;

			flows->from = NODE_OUT(network, i);
			flows->to = receiver < network->services ? NODE_IN(network, receiver)
													 : NODE_FINAL(network, receiver);
			flows->value = equations_parts(giver->shares[j].part * cost[i]);
		}
	}
}

/*
 * Sends what is left or missing at each service out of the network, on the shortest way, so that the
 * flows balance to the last part. The farthest service comes first: what it sends is met again.
 */
static void
equations_balance(const CostNetwork *network, const int *way_out, const int *distance, Flow *flows,
				  int128 *left)
{
	int farthest = 0;

	for (int i = 0; i < network->services; i++)
		farthest = Max(farthest, distance[i]);
	for (int steps = farthest; steps > 0; steps--)
	{
		Flow *first = flows;

		for (int i = 0; i < network->services; first += network->givers[i++].count)
			if (distance[i] == steps)
			{
				Flow *flow = &first[way_out[i]];

				flow->value += left[i];
				if (flow->to < network->services)
					left[flow->to] += left[i];
				left[i] = 0;
			}
	}
}

/*
 * Adds the flows that close the network: the cost of each service goes from its one node to its
 * other, and what final receivers get goes to the end.
 */
static void
equations_complete(const CostNetwork *network, Flow *flows, int given)
{
	int finals = NODE_END(network) - 2 * network->services;
	Flow *cost = &flows[given];
	Flow *final = &cost[network->services];

	for (int i = 0; i < network->services; i++)
	{
		cost[i].from = NODE_IN(network, i);
		cost[i].to = NODE_OUT(network, i);
		cost[i].value = 0;
	}
	for (int i = 0; i < finals; i++)
	{
		final[i].from = 2 * network->services + i;
		final[i].to = NODE_END(network);
		final[i].value = 0;
	}
	for (int i = 0; i < given; i++)
	{
		cost[flows[i].from - network->services].value += flows[i].value;
		if (flows[i].to >= network->services)
			final[flows[i].to - 2 * network->services].value += flows[i].value;
	}
}

/* Computes what is left at each service: booked on it and received, but not given. */
static int128 *
equations_left(const CostNetwork *network, const Flow *flows, int given)
{
	int128 *left = palloc(network->services * sizeof(int128));

	for (int i = 0; i < network->services; i++)
		left[i] = network->givers[i].direct / network->unit * FLOW_PARTS;
	for (int i = 0; i < given; i++)
	{
		left[flows[i].from - network->services] -= flows[i].value;
		if (flows[i].to < network->services)
			left[flows[i].to] += flows[i].value;
	}
	return left;
}

/* Sets the amounts of all shares by method reciprocal. */
void
cost_equations_allocate(CostNetwork *network)
{
	int *way_out = palloc(network->services * sizeof(int));
	int *distance = palloc(network->services * sizeof(int));
	Real *cost;
	int given = 0;
	int count;
	Flow *flows;
	Flow *flow;

	cost_network_find_ways_out(network, way_out, distance);
	cost = equations_solve(network);
	for (int i = 0; i < network->services; i++)
		given += network->givers[i].count;
	count = given + NODE_END(network) - network->services;
	flows = palloc_extended(count * sizeof(Flow), MCXT_ALLOC_HUGE);
	equations_give(network, cost, flows);
	equations_balance(network, way_out, distance, flows, equations_left(network, flows, given));
	equations_complete(network, flows, given);
	flow_round(flows, count, NODE_END(network) + 1);

	flow = flows;
	for (int i = 0; i < network->services; i++)
		for (int j = 0; j < network->givers[i].count; j++, flow++)
			network->givers[i].shares[j].amount =
				amount_narrow(flow->value / FLOW_PARTS * network->unit);
}
