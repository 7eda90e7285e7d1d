/*
 * verdict.c
 *	  What a ladder says of a change of usage.
 *
 * Pure: compares with thresholds and computes no sum or difference, so nothing here can overflow.
 */
#include "sp71_steering.h"

#include "rules/verdict.h"

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

/* Tells whether a step acts where usage is this. */
static inline bool
verdict_acts(const LadderActionProperties *action, Amount usage, Amount threshold)
{
	return action->is_exceeded ? usage > threshold : verdict_reached(usage, threshold);
}

/* Adds what a step says of a raise that it acts on; crossed: before the raise it did not. */
static void
verdict_add(Verdict *verdict, const Ladder *ladder, int step, bool crossed)
{
	const LadderActionProperties *action = ladder_action_of(&ladder->steps[step]);

	if (crossed && action->records)
		verdict->crossed |= (uint32) 1 << step;
	else if (!action->warns && !action->refuses)
		return; /* it has had its say when it was crossed */
	if (action->warns && verdict->warns < 0)
		verdict->warns = step;
	verdict->refuses |= action->refuses;
	if (verdict->action == VERDICT_OK ||
		action->severity > ladder_actions[verdict->action].severity)
		verdict->action = ladder->steps[step].action;
}

/* Asserts what verdict.h says of the fields. */
static void
verdict_check(const Verdict *verdict, bool raises, Amount after)
{
	Assert(verdict->refuses == (raises && verdict->blocks && after > verdict->blocks_at));
	Assert((verdict->action == VERDICT_OK) ==
		   (verdict->crossed == 0 && verdict->warns < 0 && !verdict->refuses));
	Assert(raises || verdict->action == VERDICT_OK);
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
	Verdict verdict = {.action = VERDICT_OK, .step = -1, .warns = -1};
	bool raises = after > before;
	Amount highest = 0;

	Assert(ladder->nsteps > 0 && ladder->nsteps <= LADDER_MAX_STEPS);
	for (int i = 0; i < ladder->nsteps; i++)
	{
		const LadderActionProperties *action = ladder_action_of(&ladder->steps[i]);
		Amount threshold = ladder_threshold(&ladder->steps[i], limit);

		if (action->refuses && (!verdict.blocks || threshold < verdict.blocks_at))
		{
			verdict.blocks = true;
			verdict.blocks_at = threshold;
		}

		/* Usage stands at a step that it has reached, also where only more than that is acted on. */
		if (verdict_reached(after, threshold) &&
			(verdict.step < 0 || threshold > highest ||
			 (threshold == highest &&
			  action->severity > ladder_action_of(&ladder->steps[verdict.step])->severity)))
		{
			verdict.step = i;
			highest = threshold;
		}
		if (raises && verdict_acts(action, after, threshold))
			verdict_add(&verdict, ladder, i, !verdict_acts(action, before, threshold));
	}
	verdict_check(&verdict, raises, after);
	return verdict;
}

/* Returns the word for an action, as check_booking() shows it. */
const char *
verdict_action_name(int action)
{
	if (action == VERDICT_OVERRIDE)
		return "override";
	if (action == VERDICT_ASK)
		return "ask";
	return action == VERDICT_OK ? "ok" : ladder_actions[action].name;
}
