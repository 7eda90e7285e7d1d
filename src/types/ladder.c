/*
 * ladder.c
 *	  Where the steps of a ladder act for a given limit, and how a step is written.
 *
 * Pure: no palloc, no ereport.
 */
#include "postgres.h"

#include "common/int.h"

#include "types/ladder.h"

#define LADDER_WHOLE (100 * AMOUNT_SCALE) /* 100%, in 1/10000 percent */

const LadderActionProperties ladder_actions[] = {
	[LADDER_NOTIFY] = {.name = "notify", .severity = 1, .records = true},
	[LADDER_WARN] = {.name = "warn", .severity = 2, .records = true, .warns = true},
	[LADDER_BLOCK] = {.name = "block", .severity = 3, .is_exceeded = true, .refuses = true},
};

StaticAssertDecl(lengthof(ladder_actions) == LADDER_ACTION_COUNT,
				 "an action of a ladder has no properties");

/*
 * Returns a percentage of the limit, in full units, rounded up or down.
 *
 * Exact in 64 bits, because the limit is taken apart first: limit = whole * LADDER_WHOLE + rest.
 * whole * percent has no fraction, and rest * percent is within 10^6 * 10^8. All parts have the sign
 * of the limit, so only a sum that does not fit overflows on the way to it; then it saturates.
 */
static Amount
ladder_percent_of(Amount limit, int64 percent, bool round_up)
{
	int64 whole = limit / LADDER_WHOLE;
	int64 rest = limit % LADDER_WHOLE * percent;
	int64 part = rest / LADDER_WHOLE;
	int64 share;

	Assert(percent > 0 && percent <= LADDER_MAX_PERCENT * AMOUNT_SCALE);
	if (round_up && rest > part * LADDER_WHOLE)
		part++;
	else if (!round_up && rest < part * LADDER_WHOLE)
		part--;

	if (pg_mul_s64_overflow(whole, percent, &share) || pg_add_s64_overflow(share, part, &share))
		return limit < 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return share;
}

/*
 * Returns where a step acts, as ladder.h says.
 *
 * Rounded so that comparing whole units is the same as comparing with the exact threshold: usage >= it
 * holds from the next unit up, usage > it from the unit after the next one down.
 */
Amount
ladder_threshold(const LadderStep *step, Amount limit)
{
	Amount threshold;

	if (step->unit == LADDER_PERCENT)
		return ladder_percent_of(limit, step->value, !ladder_action_of(step)->is_exceeded);
	if (pg_add_s64_overflow(limit, step->value, &threshold))
		return PG_INT64_MAX;
	return threshold;
}

/* Finds the lowest threshold of a step that refuses; false if the ladder has no such step. */
bool
ladder_blocks_at(const Ladder *ladder, Amount limit, Amount *threshold)
{
	bool blocks = false;

	for (int i = 0; i < ladder->nsteps; i++)
	{
		Amount candidate;

		if (!ladder_action_of(&ladder->steps[i])->refuses)
			continue;
		candidate = ladder_threshold(&ladder->steps[i], limit);
		if (!blocks || candidate < *threshold)
			*threshold = candidate;
		blocks = true;
	}
	return blocks;
}

/*
 * Writes a step into a buffer of LADDER_STEP_TEXT_LENGTH; returns the length of the text.
 *
 * Zeros at the end of the decimals go: a percentage reads as people write it.
 */
int
ladder_print_step(const LadderStep *step, char *buffer)
{
	char *c = buffer;
	const char *action = ladder_action_of(step)->name;

	if (step->unit == LADDER_ABOVE)
		*c++ = '+';
	c += amount_print(step->value, c);
	*c = '\0';
	if (strchr(buffer, '.') != NULL)
	{
		while (c[-1] == '0')
			c--;
		if (c[-1] == '.')
			c--;
	}
	if (step->unit == LADDER_PERCENT)
		*c++ = '%';
	*c++ = ' ';
	Assert(c - buffer + strlen(action) < LADDER_STEP_TEXT_LENGTH);
	strcpy(c, action);
	return c - buffer + strlen(action);
}
