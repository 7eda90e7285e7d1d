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
#define LADDER_MAX_PERCENT 10000
#define LADDER_STEP_TEXT_LENGTH (AMOUNT_TEXT_LENGTH + 16) /* a printed step, terminated */

typedef enum LadderUnit
{
	LADDER_PERCENT, /* of the limit; value in 1/10000 percent */
	LADDER_ABOVE    /* above the limit; value is an Amount */
} LadderUnit;

/*
 * What a step does: all that differs by it is a row of the table in ladder.c. On disk: append only. So the
 * order says nothing; which of two is the severer, the table says.
 */
typedef enum LadderAction
{
	LADDER_NOTIFY,
	LADDER_WARN,
	LADDER_BLOCK,
	LADDER_ACTION_COUNT /* of them: keep it last */
} LadderAction;

/* A step acts where usage reaches its threshold, which is rounded up; or exceeds it, then rounded down. */
typedef struct LadderActionProperties
{
	const char *name;
	int severity;     /* of two that act, the one with more is told */
	bool is_exceeded; /* else reached */
	bool records;     /* an event, when a change crosses it upwards */
	bool warns;       /* of each raise that ends where it acts */
	bool refuses;     /* each raise that ends where it acts */
} LadderActionProperties;

extern const LadderActionProperties ladder_actions[];

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

/* Returns what the action of a step is like. */
static inline const LadderActionProperties *
ladder_action_of(const LadderStep *step)
{
	Assert(step->action >= 0 && step->action < LADDER_ACTION_COUNT);
	return &ladder_actions[step->action];
}

/*
 * Where a step acts for this limit, in usage: at usage >= the result, or where it is_exceeded at usage > the
 * result. Saturates at PG_INT64_MAX.
 */
extern Amount ladder_threshold(const LadderStep *step, Amount limit);
/* The lowest threshold of a step that refuses; false if the ladder is advisory. */
extern bool ladder_blocks_at(const Ladder *ladder, Amount limit, Amount *threshold);
extern int ladder_print_step(const LadderStep *step, char *buffer); /* e.g. "80% notify" */

#endif
