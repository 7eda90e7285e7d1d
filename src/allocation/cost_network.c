/*
 * cost_network.c
 *	  Who may receive cost by which method, and what the network of those who do must be like.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "allocation/cost_network.h"

/* Returns the number zero or one. */
static Datum
cost_number(int64 number)
{
	return NumericGetDatum(int64_to_numeric(number));
}

/* Tells how a weight compares to zero. */
static int
cost_weight_sign(Datum weight)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, weight, cost_number(0)));
}

/* Refuses weights that nothing can be divided by. */
static void
cost_check_weight(const CostNetwork *network, int giver, const CostShare *share)
{
	Numeric weight = DatumGetNumeric(share->weight);

	if (numeric_is_nan(weight) || numeric_is_inf(weight) || cost_weight_sign(share->weight) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weight of \"%s\" for the cost of service \"%s\" is %s",
							   network->codes[share->receiver], network->codes[giver],
							   DatumGetCString(DirectFunctionCall1(numeric_out, share->weight))),
						errdetail("Weights must be finite and not negative.")));
}

/* Tells whether a service gives to a receiver: none to itself, none against the method. */
static bool
cost_may_receive(const CostNetwork *network, int giver, int receiver)
{
	if (receiver >= network->services)
		return true;
	switch (network->method)
	{
		case COST_DIRECT:
			return false;
		case COST_STEP_DOWN:
			return receiver > giver;
		case COST_RECIPROCAL:
			return receiver != giver;
	}
	pg_unreachable();
}

/* Raises that a cost can go nowhere. */
static void
cost_refuse_all_zero(const CostNetwork *network, int giver, const char *problem)
{
	static const char *const details[] = {
		[COST_DIRECT] = gettext_noop(
			"Method \"direct\" gives nothing to services that have a rule themselves."),
		[COST_STEP_DOWN] =
			gettext_noop("Method \"step_down\" gives nothing to services of earlier steps."),
		[COST_RECIPROCAL] = gettext_noop("A service gives nothing to itself."),
	};

	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
		 errmsg_internal(_(problem), network->codes[giver]),
		 errdetail_internal("%s", _(details[network->method])),
		 errhint(
			 "Change its key, or say with argument \"all_zero\" of steering.set_allocation_rule() "
			 "what is to become of the cost.")));
}

/* Does what the rule of a service says for the case that no receiver has a weight above zero. */
static void
cost_divide_all_zero(CostNetwork *network, int place)
{
	CostGiver *giver = &network->givers[place];

	switch (giver->all_zero)
	{
		case ALLOCATE_ALL_ZERO_ERROR:
			cost_refuse_all_zero(
				network, place,
				gettext_noop("cost of service \"%s\" has no receiver with a weight above zero"));
			break;
		case ALLOCATE_ALL_ZERO_EQUAL:
			if (giver->count == 0)
				cost_refuse_all_zero(network, place,
									 gettext_noop("cost of service \"%s\" has no receiver"));
			for (int i = 0; i < giver->count; i++)
				giver->shares[i].weight = cost_number(1);
			break;
		case ALLOCATE_ALL_ZERO_UNALLOCATED:
			giver->shares = palloc0(sizeof(CostShare));
			giver->shares[0].receiver = network->nobody;
			giver->shares[0].weight = cost_number(1);
			giver->count = 1;
			break;
	}
}

/* Keeps those shares of a service that the method allows, and of these the ones above zero. */
static void
cost_keep_shares(CostNetwork *network, int place)
{
	CostGiver *giver = &network->givers[place];
	CostShare *shares = giver->shares;
	int count = giver->count;
	int allowed = 0;
	int positive = 0;

	for (int i = 0; i < count; i++)
	{
		cost_check_weight(network, place, &shares[i]);
		if (cost_may_receive(network, place, shares[i].receiver))
			shares[allowed++] = shares[i];
	}
	for (int i = 0; i < allowed; i++)
		if (cost_weight_sign(shares[i].weight) > 0)
			shares[positive++] = shares[i];
	giver->count = positive > 0 ? positive : allowed;
	if (positive == 0)
		cost_divide_all_zero(network, place);
}

/*
 * Computes which part of a cost each receiver gets. By way of text: other ways from numeric have the
 * precision of double.
 */
static void
cost_compute_parts(const CostNetwork *network, int place)
{
	CostGiver *giver = &network->givers[place];
	Real total = 0;

	for (int i = 0; i < giver->count; i++)
	{
		char *digits = DatumGetCString(DirectFunctionCall1(numeric_out, giver->shares[i].weight));

		giver->shares[i].part = strtold(digits, NULL);
		total += giver->shares[i].part;
		pfree(digits);
	}
	/* What a long double holds differs between machines. */
	if (!(fabsl(total) <= DBL_MAX) || total == 0)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("weights for the cost of service \"%s\" are out of range",
							   network->codes[place])));
	for (int i = 0; i < giver->count; i++)
		giver->shares[i].part /= total;
}

/* Leaves to each service the shares by which its cost is divided, and computes their parts. */
void
cost_network_prepare(CostNetwork *network)
{
	network->unit = AMOUNT_SCALE / 100;
	for (int i = 0; i < network->services; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (network->givers[i].direct % network->unit != 0)
			network->unit = 1;
		cost_keep_shares(network, i);
		cost_compute_parts(network, i);
	}
}

/* Marks what cost reaches from a service on; returns the number of services marked. */
static int
cost_network_mark(const CostNetwork *network, int service, bool *reached)
{
	int *queue = palloc(network->services * sizeof(int));
	int count = 0;

	memset(reached, 0, network->services * sizeof(bool));
	reached[service] = true;
	queue[count++] = service;
	for (int next = 0; next < count; next++)
	{
		const CostGiver *giver = &network->givers[queue[next]];

		for (int i = 0; i < giver->count; i++)
		{
			int receiver = giver->shares[i].receiver;

			if (receiver < network->services && !reached[receiver])
			{
				reached[receiver] = true;
				queue[count++] = receiver;
			}
		}
	}
	pfree(queue);
	return count;
}

/* Raises that services give all of their cost, or all but nothing, to each other: to no end. */
static void
cost_network_refuse(const CostNetwork *network, const bool *members)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < network->services; i++)
		if (members[i])
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", network->codes[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("services %s serve only each other", names.data),
			 errdetail("Method \"reciprocal\" needs a way for their cost to a participant, or "
					   "to a service without a rule."),
			 errhint("Give one of them such a receiver, or use method \"step_down\".")));
}

/*
 * Raises that cost goes round in services: this one, and all that it gives to and gets from.
 */
void
cost_network_refuse_circle(const CostNetwork *network, int service)
{
	bool *members = palloc(network->services * sizeof(bool));
	bool *reached = palloc(network->services * sizeof(bool));

	(void) cost_network_mark(network, service, members);
	for (int i = 0; i < network->services; i++)
		if (members[i])
		{
			(void) cost_network_mark(network, i, reached);
			members[i] = reached[service];
		}
	cost_network_refuse(network, members);
	pg_unreachable();
}

/*
 * Raises which services serve only each other: of those without a way out, a group that leads nowhere
 * else. From each of its members the same services are reached, and fewer from nowhere.
 */
static void
cost_network_refuse_no_exit(const CostNetwork *network, const int *distance)
{
	bool *reached = palloc(network->services * sizeof(bool));
	int fewest = network->services + 1;
	int member = -1;

	for (int i = 0; i < network->services; i++)
	{
		int count = distance[i] == 0 ? cost_network_mark(network, i, reached) : fewest;

		CHECK_FOR_INTERRUPTS();
		if (count < fewest)
		{
			fewest = count;
			member = i;
		}
	}
	(void) cost_network_mark(network, member, reached);
	cost_network_refuse(network, reached);
}

/* Finds the share by which a service is nearest to a final receiver, the greatest of them; -1: none. */
static int
cost_network_nearest(const CostNetwork *network, int service, const int *distance, int wanted)
{
	const CostGiver *giver = &network->givers[service];
	int best = -1;

	for (int i = 0; i < giver->count; i++)
	{
		int receiver = giver->shares[i].receiver;
		int left = receiver < network->services ? distance[receiver] : 0;

		if ((receiver < network->services) == (wanted > 1) && left == wanted - 1 &&
			(best < 0 || giver->shares[i].part > giver->shares[best].part))
			best = i;
	}
	return best;
}

/*
 * Finds for each service the share that leads its cost out of the network in the fewest steps, and
 * how many these are. Refuses a network with services that have no way out.
 */
void
cost_network_find_ways_out(const CostNetwork *network, int *way_out, int *distance)
{
	int found = 0;
	int before = -1;

	memset(distance, 0, network->services * sizeof(int));
	for (int steps = 1; found != before && found < network->services; steps++)
	{
		before = found;
		for (int i = 0; i < network->services; i++)
		{
			if (distance[i] != 0)
				continue;
			CHECK_FOR_INTERRUPTS();
			way_out[i] = cost_network_nearest(network, i, distance, steps);
			if (way_out[i] >= 0)
			{
				distance[i] = steps;
				found++;
			}
		}
	}
	if (found < network->services)
		cost_network_refuse_no_exit(network, distance);
}
