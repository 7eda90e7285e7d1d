/*
 * verdict.h
 *	  What a ladder says of a change of usage: pure, no I/O, no memory of its own.
 */
#ifndef SP71_VERDICT_H
#define SP71_VERDICT_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "types/ladder.h"

typedef enum VerdictAction
{
	VERDICT_OK,
	VERDICT_NOTIFY,
	VERDICT_WARN,
	VERDICT_BLOCK
} VerdictAction;

typedef struct Verdict
{
	VerdictAction action; /* the severest that acts on this change */
	int step;         /* index of the highest step that usage stands at after the change, or -1 */
	uint32 crossed;   /* bit i: step i (notify or warn) was crossed upwards by this change */
	bool blocks;      /* the ladder has a block step */
	Amount blocks_at; /* lowest block threshold: usage above it is refused */
} Verdict;

extern Verdict verdict_judge(Amount limit, const Ladder *ladder, Amount before, Amount after);
extern const char *verdict_action_name(VerdictAction action);

#endif
