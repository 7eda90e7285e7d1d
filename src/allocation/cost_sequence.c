/*
 * cost_sequence.c
 *	  The direct and the step-down method: one service after the other gives what it has, by the
 *	  largest remainder. By the direct method none of them receives anything.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "allocation/cost_network.h"

/* Divides what a service has among its receivers. */
static void
sequence_divide(const CostNetwork *network, CostGiver *giver, Amount cost)
{
	AllocateTask task = {
		.amount = amount_to_numeric(cost),
		.unit = amount_to_numeric(network->unit),
		.all_zero = ALLOCATE_ALL_ZERO_ERROR,
		.count = giver->count,
		.weights = palloc_extended(giver->count * sizeof(Datum), MCXT_ALLOC_HUGE),
	};
	Datum *amounts;

	for (int i = 0; i < giver->count; i++)
		task.weights[i] = giver->shares[i].weight;
	amounts = allocate_numeric(&task);
	for (int i = 0; i < giver->count; i++)
		giver->shares[i].amount = amount_from_numeric(amounts[i]);
}

/* Sets the amounts of all shares, service by service in their order. */
void
cost_sequence_allocate(CostNetwork *network)
{
	Amount *cost = palloc(network->services * sizeof(Amount));

	for (int i = 0; i < network->services; i++)
		cost[i] = network->givers[i].direct;
	for (int i = 0; i < network->services; i++)
	{
		CostGiver *giver = &network->givers[i];

		CHECK_FOR_INTERRUPTS();
		sequence_divide(network, giver, cost[i]);
		for (int j = 0; j < giver->count; j++)
		{
			int receiver = giver->shares[j].receiver;

			if (receiver < network->services)
				cost[receiver] = amount_add(cost[receiver], giver->shares[j].amount);
		}
	}
}
