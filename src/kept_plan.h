/*
 * kept_plan.h
 *	  Queries that are run again and again, planned once per session.
 */
#ifndef SP71_KEPT_PLAN_H
#define SP71_KEPT_PLAN_H

#include "sp71_steering.h"

#include "executor/spi.h"

extern uint64 kept_plan_execute(SPIPlanPtr *kept, const char *query, int nargs, Oid *types,
								Datum *values, const char *nulls);

#endif
