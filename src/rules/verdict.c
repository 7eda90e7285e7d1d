/*
 * verdict.c
 *	  What a ladder says of a change of usage.
 *
 * Pure: compares with thresholds and computes no sum or difference, so nothing here can overflow.
 */
#include "sp71_steering.h"

#include "rules/verdict.h"

static const char *const action_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_NOTIFY] = "notify",
	[VERDICT_WARN] = "warn",
	[VERDICT_BLOCK] = "block",
};

/*
 * Tells whether usage has reached a threshold.
 *
 * No usage reaches nothing: under a limit of 0 every threshold is 0, and an untouched cap stands at
 * no step.
 */
static inline bool
verdict_reached(Amount usage, Amount threshold)
{
	return usage >= threshold && usage > 0;
}

/*
 * Judges a change from before to after.
 *
 * A change that does not raise usage is always ok and crosses nothing, whatever the state of the cap.
 * step, blocks and blocks_at describe the state after the change in any case. Steps crossed are told
 * also when the change is blocked: an overrun may be accepted knowingly.
 *
 * The highest step is the one with the highest threshold; of several, the severest.
 */
Verdict
verdict_judge(Amount limit, const Ladder *ladder, Amount before, Amount after)
{
	Verdict verdict = {.action = VERDICT_OK, .step = -1};
	bool raises = after > before;
	Amount highest = 0;

	Assert(ladder->nsteps <= LADDER_MAX_STEPS);
	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderStep *step = &ladder->steps[i];
		Amount threshold = ladder_threshold(step, limit);

		if (step->action == LADDER_BLOCK && (!verdict.blocks || threshold < verdict.blocks_at))
		{
			verdict.blocks = true;
			verdict.blocks_at = threshold;
		}

		if (!verdict_reached(after, threshold))
			continue;
		if (verdict.step < 0 || threshold > highest ||
			(threshold == highest && step->action > ladder->steps[verdict.step].action))
		{
			verdict.step = i;
			highest = threshold;
		}

		if (!raises || step->action == LADDER_BLOCK)
			continue;
		if (!verdict_reached(before, threshold))
		{
			verdict.crossed |= (uint32) 1 << i;
			verdict.action = Max(verdict.action, VERDICT_NOTIFY);
		}
		if (step->action == LADDER_WARN)
			verdict.action = Max(verdict.action, VERDICT_WARN);
	}

	if (raises && verdict.blocks && after > verdict.blocks_at)
		verdict.action = VERDICT_BLOCK;
	return verdict;
}

/* Returns the word for an action, as check_booking() shows it. */
const char *
verdict_action_name(VerdictAction action)
{
	return action_names[action];
}
