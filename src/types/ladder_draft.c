/*
 * ladder_draft.c
 *	  From text to checked steps in canonical order.
 *
 * Pure: no palloc, no ereport, so that a fuzzer can link this file with ladder.c and the parser of
 * amount alone.
 *
 *	ladder:		step { "," step }
 *	step:		( number "%" | "+" number ) action
 *	action:		the name of one, as "notify"		in any case
 *
 * A number has digits and at most four decimals, no sign and no exponent. White space may stand
 * anywhere but inside numbers and words.
 */
#include "postgres.h"

#include "types/ladder_draft.h"

/* Text between two places of the caller's string. */
typedef struct Span
{
	const char *start;
	const char *end;
} Span;

/* Tells whether c is white space, whatever the locale. */
static inline bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Cuts white space off both ends. */
static Span
span_trim(Span span)
{
	while (span.start < span.end && is_space(*span.start))
		span.start++;
	while (span.start < span.end && is_space(span.end[-1]))
		span.end--;
	return span;
}

/* Takes c, and white space around it, off the start; false if something else stands there. */
static bool
span_skip(Span *span, char c)
{
	*span = span_trim(*span);
	if (span->start == span->end || *span->start != c)
		return false;
	span->start++;
	*span = span_trim(*span);
	return true;
}

/* Tells whether the text is this lower-case word, in any case, whatever the locale. */
static bool
span_is_word(Span span, const char *word)
{
	for (; span.start < span.end && *word != '\0'; span.start++, word++)
		if (*span.start != *word && *span.start != *word - 'a' + 'A')
			return false;
	return span.start == span.end && *word == '\0';
}

/*
 * Takes a number with at most four decimals off the start.
 *
 * The decimals are counted here because the parser of amount may round more of them, as numeric
 * does; a threshold means what was written, or is refused.
 */
static LadderFlaw
draft_read_number(Span *span, int64 *value)
{
	char buffer[AMOUNT_TEXT_LENGTH];
	const char *point = NULL;
	const char *c;
	size_t length;

	while (span->end - span->start > 1 && span->start[0] == '0' && span->start[1] >= '0' &&
		   span->start[1] <= '9')
		span->start++;
	for (c = span->start; c < span->end && ((*c >= '0' && *c <= '9') || *c == '.'); c++)
		if (*c == '.' && point == NULL)
			point = c;
	length = c - span->start;
	if (length == 0)
		return LADDER_NO_THRESHOLD;
	if (point != NULL && c - point - 1 > AMOUNT_DECIMALS)
		return LADDER_TOO_PRECISE;
	if (length >= sizeof(buffer))
		return LADDER_TOO_LARGE;

	memcpy(buffer, span->start, length);
	buffer[length] = '\0';
	span->start = c;
	switch (amount_parse(buffer, value))
	{
		case AMOUNT_OK:
			return LADDER_FLAWLESS;
		case AMOUNT_SYNTAX:
			return LADDER_NO_THRESHOLD;
		case AMOUNT_OUT_OF_RANGE:
			return LADDER_TOO_LARGE;
	}
	return LADDER_NO_THRESHOLD; /* keep the compiler quiet */
}

/* Reads the name of an action; false: it is none. */
static bool
draft_read_action(Span span, int32 *action)
{
	for (*action = 0; *action < LADDER_ACTION_COUNT; (*action)++)
		if (span_is_word(span, ladder_actions[*action].name))
			return true;
	return false;
}

/* Reads one step, as it stands between two commas. */
static LadderFlaw
draft_read_step(Span span, LadderStep *step)
{
	LadderFlaw flaw;
	bool above;

	if (span.start == span.end)
		return LADDER_EMPTY_STEP;
	above = span_skip(&span, '+');
	flaw = draft_read_number(&span, &step->value);
	if (flaw != LADDER_FLAWLESS)
		return flaw;

	if (span_skip(&span, '%'))
	{
		if (above)
			return LADDER_PERCENT_ABOVE;
	}
	else if (!above)
		return LADDER_NO_THRESHOLD;
	step->unit = above ? LADDER_ABOVE : LADDER_PERCENT;

	span = span_trim(span);
	return draft_read_action(span, &step->action) ? LADDER_FLAWLESS : LADDER_NO_ACTION;
}

/* Tells what is wrong with a step by itself. */
static LadderFlaw
draft_check_step(const LadderStep *step)
{
	/* From the wire it may be any byte. */
	if (step->action < 0 || step->action >= LADDER_ACTION_COUNT)
		return LADDER_NO_ACTION;
	switch (step->unit)
	{
		case LADDER_PERCENT:
			if (step->value <= 0)
				return LADDER_NOT_POSITIVE;
			return step->value > LADDER_MAX_PERCENT * AMOUNT_SCALE ? LADDER_TOO_LARGE
																   : LADDER_FLAWLESS;
		case LADDER_ABOVE:
			return step->value < 0 ? LADDER_NEGATIVE : LADDER_FLAWLESS;
		default:
			return LADDER_NO_THRESHOLD;
	}
}

/* Compares two steps in canonical order. */
static int
draft_compare_steps(const LadderStep *a, const LadderStep *b)
{
	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->action != b->action)
		return a->action < b->action ? -1 : 1;
	return 0;
}

/*
 * Checks a step and puts it where it belongs.
 *
 * +0 becomes 100%, so that equal ladders are equal bytes and one threshold cannot act twice.
 */
LadderFlaw
ladder_draft_add(LadderDraft *draft, LadderStep step)
{
	LadderFlaw flaw = draft_check_step(&step);
	int place;

	if (flaw != LADDER_FLAWLESS)
		return flaw;
	if (step.unit == LADDER_ABOVE && step.value == 0)
	{
		step.unit = LADDER_PERCENT;
		step.value = 100 * AMOUNT_SCALE;
	}

	for (place = draft->nsteps; place > 0; place--)
	{
		int order = draft_compare_steps(&step, &draft->steps[place - 1]);

		if (order == 0)
			return LADDER_REPEATED;
		if (order > 0)
			break;
	}
	if (draft->nsteps == LADDER_MAX_STEPS)
		return LADDER_TOO_MANY;
	memmove(&draft->steps[place + 1], &draft->steps[place],
			(draft->nsteps - place) * sizeof(LadderStep));
	draft->steps[place] = step;
	draft->nsteps++;
	return LADDER_FLAWLESS;
}

/* Reads a ladder; at the first step that is wrong, says which and what, and returns false. */
bool
ladder_draft_parse(LadderDraft *draft, const char *string, LadderFault *fault)
{
	draft->nsteps = 0;
	for (int number = 1;; number++)
	{
		Span span;
		const char *comma = string + strcspn(string, ",");
		LadderStep step;
		LadderFlaw flaw;

		span.start = string;
		span.end = comma;
		span = span_trim(span);
		flaw = draft_read_step(span, &step);
		if (flaw == LADDER_FLAWLESS)
			flaw = ladder_draft_add(draft, step);
		if (flaw != LADDER_FLAWLESS)
		{
			fault->flaw = flaw;
			fault->step = number;
			fault->text = span.start;
			fault->length = span.end - span.start;
			return false;
		}
		if (*comma == '\0')
			return true;
		string = comma + 1;
	}
}

/* Says what is wrong, as the end of a sentence about the step. */
const char *
ladder_flaw_text(LadderFlaw flaw)
{
	switch (flaw)
	{
		case LADDER_FLAWLESS:
			return gettext_noop("nothing is wrong");
		case LADDER_EMPTY_STEP:
			return gettext_noop("it is empty");
		case LADDER_NO_THRESHOLD:
			/* xgettext:no-c-format */
			return gettext_noop(
				"its threshold must be a percentage, as 80%, or an amount above the limit, as +40");
		case LADDER_PERCENT_ABOVE:
			/* xgettext:no-c-format */
			return gettext_noop(
				"above the limit stands an amount, not a percentage; 105% is 5% above it");
		case LADDER_TOO_PRECISE:
			return gettext_noop("its threshold has more than four decimals");
		case LADDER_NO_ACTION:
			return gettext_noop("its action must be notify, warn or block");
		case LADDER_NOT_POSITIVE:
			return gettext_noop("its percentage must be above 0");
		case LADDER_NEGATIVE:
			return gettext_noop("its amount above the limit must not be negative");
		case LADDER_TOO_LARGE:
			StaticAssertStmt(LADDER_MAX_PERCENT == 10000, "say the most");
			return gettext_noop(
				"its threshold is too large: a percentage is at most 10000, an amount 922337203685477.5807");
		case LADDER_REPEATED:
			return gettext_noop("it repeats the threshold and the action of another step");
		case LADDER_TOO_MANY:
			StaticAssertStmt(LADDER_MAX_STEPS == 16, "say the most");
			return gettext_noop("a ladder has at most 16 steps");
	}
	return gettext_noop("it is no step"); /* keep the compiler quiet */
}
