/*
 * cost_network.h
 *	  Services that serve each other, and who receives what of their cost.
 *
 * Receivers are numbered: first the services whose cost is divided (the givers), in their order, then
 * the final receivers, that is participants and services without a rule, then nobody: what stays
 * unallocated.
 */
#ifndef SP71_COST_NETWORK_H
#define SP71_COST_NETWORK_H

#include "sp71_steering.h"

#include "allocation/allocate_numeric.h"
#include "allocation/linear_system.h"
#include "types/amount.h"

typedef enum CostMethod
{
	COST_DIRECT,
	COST_STEP_DOWN,
	COST_RECIPROCAL
} CostMethod;

/* What a service gives to one receiver. */
typedef struct CostShare
{
	int receiver;
	Datum weight;  /* numeric */
	Real part;     /* of the cost of the giver */
	Amount amount; /* the result */
} CostShare;

/* A service whose cost is divided. */
typedef struct CostGiver
{
	Amount direct;   /* booked on it */
	Amount received; /* of others: a result */
	AllocateAllZero all_zero;
	CostShare *shares;
	int count;
} CostGiver;

typedef struct CostNetwork
{
	CostMethod method;
	char **codes; /* of all receivers but nobody */
	CostGiver *givers;
	int services; /* number of givers */
	int nobody;   /* number of receivers that have a code */
	Amount unit;  /* amounts that are allocated are multiples of it */
} CostNetwork;

extern void cost_network_prepare(CostNetwork *network);
extern void cost_network_find_ways_out(const CostNetwork *network, int *way_out, int *distance);
pg_noreturn extern void cost_network_refuse_circle(const CostNetwork *network, int service);

/* The methods; each sets the amounts of all shares. */
extern void cost_sequence_allocate(CostNetwork *network);
extern void cost_equations_allocate(CostNetwork *network);

#endif
