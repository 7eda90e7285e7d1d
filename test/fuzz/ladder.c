/*
 * ladder.c
 *	  Fuzz target: the grammar of steering.ladder, and its steps from the wire.
 *
 * The first byte chooses: steps as the binary input has them, or a text. What is a ladder prints to a
 * text that reads as the same ladder; its steps are in canonical order; thresholds rise with the limit,
 * and lie where the step says.
 *
 *	  Links: src/types/ladder_draft.c src/types/ladder.c src/types/amount.c
 */
#include "fuzz.h"

#include "types/ladder_draft.h"

#define WIRE_STEP_LENGTH (1 + 1 + sizeof(int64))

/* Reads steps as they come from the wire, without their count. Returns false where one is refused. */
static bool
fuzz_read_steps(const uint8 *data, size_t size, LadderDraft *draft)
{
	for (; size >= WIRE_STEP_LENGTH; data += WIRE_STEP_LENGTH, size -= WIRE_STEP_LENGTH)
	{
		LadderStep step;

		step.unit = data[0];
		step.action = data[1];
		memcpy(&step.value, data + 2, sizeof(int64));
		if (ladder_draft_add(draft, step) != LADDER_FLAWLESS)
			return false;
	}
	return draft->nsteps > 0;
}

/* Checks what holds for every step at every limit. */
static void
fuzz_check_threshold(const LadderStep *step, const char *input)
{
	static const Amount limits[] = {0, 1, 9999, 10000, 123456789, PG_INT64_MAX / 2, PG_INT64_MAX};
	Amount last = 0;

	for (int i = 0; i < lengthof(limits); i++)
	{
		Amount threshold = ladder_threshold(step, limits[i]);

		FUZZ_CHECK(threshold >= last, input);
		FUZZ_CHECK(step->unit != LADDER_ABOVE || threshold >= limits[i], input);
		last = threshold;
	}
}

/* Checks what holds for every ladder. */
static void
fuzz_check_ladder(const LadderDraft *draft, const char *input)
{
	char text[LADDER_MAX_STEPS * (LADDER_STEP_TEXT_LENGTH + 2)] = "";
	int length = 0;
	LadderDraft again = {0};
	LadderFault fault;

	FUZZ_CHECK(draft->nsteps >= 1 && draft->nsteps <= LADDER_MAX_STEPS, input);
	for (int i = 0; i < draft->nsteps; i++)
	{
		char step[LADDER_STEP_TEXT_LENGTH];
		int step_length = ladder_print_step(&draft->steps[i], step);

		FUZZ_CHECK(step_length > 0 && step_length < LADDER_STEP_TEXT_LENGTH, input);
		length += sprintf(text + length, "%s%s", i > 0 ? ", " : "", step);
		fuzz_check_threshold(&draft->steps[i], input);
	}
	FUZZ_CHECK(ladder_draft_parse(&again, text, &fault), text);
	FUZZ_CHECK(again.nsteps == draft->nsteps, text);
	for (int i = 0; i < draft->nsteps; i++)
		FUZZ_CHECK(again.steps[i].value == draft->steps[i].value &&
					   again.steps[i].unit == draft->steps[i].unit &&
					   again.steps[i].action == draft->steps[i].action,
				   text);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	LadderDraft draft = {0};
	LadderFault fault;
	char *string;

	if (size < 1)
		return 0;
	string = fuzz_string(data + 1, size - 1);
	if (data[0] == 'b')
	{
		if (fuzz_read_steps(data + 1, size - 1, &draft))
			fuzz_check_ladder(&draft, "(binary)");
	}
	else if (ladder_draft_parse(&draft, string, &fault))
		fuzz_check_ladder(&draft, string);
	else
	{
		FUZZ_CHECK(fault.flaw != LADDER_FLAWLESS && ladder_flaw_text(fault.flaw) != NULL, string);
		FUZZ_CHECK(fault.text >= string && fault.text + fault.length <= string + strlen(string),
				   string);
	}
	free(string);
	return 0;
}
