/*
 * verdict_sql.c
 *	  What a ladder means for given figures, in SQL: pure functions, of no cap in particular.
 */
#include "sp71_steering.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "rules/verdict.h"
#include "types/ladder_draft.h"

/* Refuses a limit below zero, which no cap has; 22023. */
static Amount
verdict_check_limit(Amount limit)
{
	if (limit < 0)
	{
		char buffer[AMOUNT_TEXT_LENGTH];

		amount_print(limit, buffer);
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("limit must not be negative: %s", buffer)));
	}
	return limit;
}

/* Finds the amount above which usage is refused; null if the ladder is advisory. */
PG_FUNCTION_INFO_V1(steering_blocks_at);
Datum
steering_blocks_at(PG_FUNCTION_ARGS)
{
	Ladder *ladder = PG_GETARG_LADDER(0);
	Amount limit = verdict_check_limit(PG_GETARG_AMOUNT(1));
	Amount threshold;

	if (!ladder_blocks_at(ladder, limit, &threshold))
		PG_RETURN_NULL();
	PG_RETURN_AMOUNT(threshold);
}

/* Names the highest step that usage stands at; null if it stands at none. */
PG_FUNCTION_INFO_V1(steering_step_at);
Datum
steering_step_at(PG_FUNCTION_ARGS)
{
	Ladder *ladder = PG_GETARG_LADDER(0);
	Amount limit = verdict_check_limit(PG_GETARG_AMOUNT(1));
	Amount used = PG_GETARG_AMOUNT(2);
	Verdict verdict = verdict_judge(limit, ladder, used, used);
	char step[LADDER_STEP_TEXT_LENGTH];

	if (verdict.step < 0)
		PG_RETURN_NULL();
	ladder_print_step(&ladder->steps[verdict.step], step);
	PG_RETURN_TEXT_P(cstring_to_text(step));
}

/* Judges a change of usage without any cap: the decision of the engine, dry. */
PG_FUNCTION_INFO_V1(steering_judge_change);
Datum
steering_judge_change(PG_FUNCTION_ARGS)
{
	Ladder *ladder = PG_GETARG_LADDER(0);
	Amount limit = verdict_check_limit(amount_from_numeric(PG_GETARG_DATUM(1)));
	Amount before = amount_from_numeric(PG_GETARG_DATUM(2));
	Amount after = amount_from_numeric(PG_GETARG_DATUM(3));
	Verdict verdict = verdict_judge(limit, ladder, before, after);

	PG_RETURN_TEXT_P(cstring_to_text(verdict_action_name(verdict.action)));
}
