/*
 * cap_figures.h
 *	  The numbers of caps, limit and ladder, cached per backend.
 */
#ifndef SP71_CAP_FIGURES_H
#define SP71_CAP_FIGURES_H

#include "sp71_steering.h"

#include "rules/cap_row.h"
#include "types/amount.h"
#include "types/ladder.h"

/* A cap with its numbers, true as long as the counter's revision is the same. */
typedef struct CapFigures
{
	int32 cap_id;
	int32 revision;
	Metric metric;
	bool spans; /* usage of other nodes counts too */
	DateADT first_day;
	DateADT end_day;
	Amount amount;
	Ladder *ladder;
	const char *service;     /* code */
	const char *participant; /* code */
	int32 participant_id;
} CapFigures;

extern void cap_figures_forget(void);
extern uint32 cap_figures_generation(void);
extern void cap_figures_offer(HeapTuple tuple, TupleDesc desc, const char *service,
							  const char *participant);
extern const CapFigures *cap_figures_of(int32 cap_id, int32 revision);
extern CapFigures *cap_figures_copy(const CapFigures *figures);

#endif
