/*
 * ladder_draft.h
 *	  A ladder in the making: steps from text, or from the wire, are checked and put in order here.
 *	  Knows nothing of fmgr, tables or the rest of the extension.
 */
#ifndef SP71_LADDER_DRAFT_H
#define SP71_LADDER_DRAFT_H

#include "postgres.h"

#include "types/ladder.h"

/* What can be wrong with a step. */
typedef enum LadderFlaw
{
	LADDER_FLAWLESS,
	LADDER_EMPTY_STEP,
	LADDER_NO_THRESHOLD,
	LADDER_PERCENT_ABOVE,
	LADDER_TOO_PRECISE,
	LADDER_NO_ACTION,
	LADDER_NOT_POSITIVE,
	LADDER_NEGATIVE,
	LADDER_TOO_LARGE,
	LADDER_REPEATED,
	LADDER_TOO_MANY
} LadderFlaw;

/* The step of a text that is wrong; the text is the caller's, without white space around it. */
typedef struct LadderFault
{
	LadderFlaw flaw;
	int step; /* counted from 1 */
	const char *text;
	int length;
} LadderFault;

/*
 * Steps in canonical order, none twice: percentages, then amounts above the limit, each by value,
 * then by action. +0 is kept as 100%, which is the same.
 */
typedef struct LadderDraft
{
	int nsteps;
	LadderStep steps[LADDER_MAX_STEPS];
} LadderDraft;

extern LadderFlaw ladder_draft_add(LadderDraft *draft, LadderStep step);
extern bool ladder_draft_parse(LadderDraft *draft, const char *string, LadderFault *fault);
extern const char *ladder_flaw_text(LadderFlaw flaw);

#endif
