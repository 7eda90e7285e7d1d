/*
 * risk_simulation.h
 *	  What risks cost together, drawn many times: seeded, in whole numbers only.
 *	  Knows nothing of fmgr, tables or the rest of the extension, but amounts.
 */
#ifndef SP71_RISK_SIMULATION_H
#define SP71_RISK_SIMULATION_H

#include "types/amount.h"

/* A risk, made for drawing. */
typedef struct Risk
{
	bool certain;
	uint64 occurs_below; /* probability * 2^64, unless it is certain */
	Amount low;
	uint64 below_likely; /* likely - low */
	uint64 above_likely; /* high - likely */
} Risk;

extern Risk risk_make(double probability, Amount low, Amount likely, Amount high);
extern void risk_simulate(const Risk *risks, int count, uint64 seed, int draws, Amount *totals);

#endif
