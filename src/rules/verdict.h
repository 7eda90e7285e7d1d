/*
 * verdict.h
 *	  What a ladder says of a change of usage: pure, no I/O, no memory of its own.
 */
#ifndef SP71_VERDICT_H
#define SP71_VERDICT_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "types/ladder.h"

#define VERDICT_OK (-1)       /* where a LadderAction stands: no step acts */
#define VERDICT_OVERRIDE (-2) /* a step refuses, and an override lets the change through */
#define VERDICT_ASK (-3)      /* what other nodes use decides */

typedef struct Verdict
{
	int action; /* the severest LadderAction that acts on this change, or VERDICT_OK */
	int step;   /* index of the highest step that usage stands at after the change, or -1 */
	uint32
		crossed; /* bit i: step i, of those that are recorded, was crossed upwards by this change */
	int warns;   /* index of the first step that warns of this change, or -1 */
	bool refuses;     /* a step refuses this change */
	bool blocks;      /* the ladder has a step that refuses */
	Amount blocks_at; /* the lowest threshold of such a step: usage above it is refused */
} Verdict;

extern Verdict verdict_judge(Amount limit, const Ladder *ladder, Amount before, Amount after);
extern const char *verdict_action_name(int action);

#endif
