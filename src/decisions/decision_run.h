/*
 * decision_run.h
 *	  Doing the act of a proposal: for trial, and for good.
 */
#ifndef SP71_DECISION_RUN_H
#define SP71_DECISION_RUN_H

#include "sp71_steering.h"

#include "decisions/decision_call.h"

/* What an act asked, as JSON, and what its function returned. */
typedef struct DecisionResult
{
	char *questions; /* a list; what it asked while it was done */
	int count;       /* how many */
	char *outcome;   /* what it returned; NULL: nothing */
} DecisionResult;

extern void decision_try(const DecisionCall *call, bool as_owner, DecisionResult *result);
extern void decision_do(const DecisionCall *call, DecisionResult *result);

#endif
