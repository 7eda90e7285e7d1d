/*
 * ladder.h
 *	  The steps of a cap: at which threshold to notify, warn, block.
 *	  Knows nothing of fmgr, tables or the rest of the extension.
 */
#ifndef SP71_LADDER_H
#define SP71_LADDER_H

#include "postgres.h"

#include "types/amount.h"

#define LADDER_MAX_STEPS 16

typedef enum LadderUnit
{
	LADDER_PERCENT, /* of the limit; value in 1/10000 percent */
	LADDER_ABOVE    /* above the limit; value is an Amount */
} LadderUnit;

typedef enum LadderAction
{
	LADDER_NOTIFY,
	LADDER_WARN,
	LADDER_BLOCK
} LadderAction;

typedef struct LadderStep
{
	int64 value;
	int32 unit;   /* a LadderUnit */
	int32 action; /* a LadderAction */
} LadderStep;

/* A varlena, always stored plain (never compressed or out of line): read as is. */
typedef struct Ladder
{
	int32 vl_len_; /* varlena header, do not touch directly */
	int32 nsteps;
	LadderStep steps[FLEXIBLE_ARRAY_MEMBER];
} Ladder;

#define LADDER_SIZE(nsteps) (offsetof(Ladder, steps) + (nsteps) * sizeof(LadderStep))
#define DatumGetLadder(d) ((Ladder *) PG_DETOAST_DATUM(d))
#define PG_GETARG_LADDER(n) DatumGetLadder(PG_GETARG_DATUM(n))

/*
 * Where a step acts for this limit, in usage. A notify or warn step is reached at usage >= the result
 * (rounded up); a block step refuses usage > the result (rounded down). Saturates at PG_INT64_MAX.
 */
extern Amount ladder_threshold(const LadderStep *step, Amount limit);
/* The lowest block threshold; false if the ladder is advisory. */
extern bool ladder_blocks_at(const Ladder *ladder, Amount limit, Amount *threshold);
extern int ladder_print_step(const LadderStep *step, char *buffer); /* e.g. "80% notify" */

#endif
