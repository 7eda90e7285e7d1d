/*
 * fiscal_period.c
 *	  Fuzz target: the text and binary input of steering.fiscal_period.
 *
 * The first byte chooses: an integer from the wire, or a text. What is a period prints to a text that
 * reads as the same period, and moving it forth and back ends where it began.
 *
 *	  Links: src/types/fiscal_period.c
 */
#include "fuzz.h"

#include "types/fiscal_period.h"

/* Checks what holds for every period. */
static void
fuzz_check_period(FiscalPeriod period, const char *input)
{
	char text[FISCAL_PERIOD_TEXT_LENGTH];
	int length = fiscal_period_print(period, text);
	FiscalPeriod again;
	FiscalPeriod next;

	FUZZ_CHECK(length > 0 && length < FISCAL_PERIOD_TEXT_LENGTH, input);
	FUZZ_CHECK(strlen(text) == (size_t) length, input);
	FUZZ_CHECK(fiscal_period_parse(text, &again) == FISCAL_PERIOD_OK && again == period, input);
	FUZZ_CHECK(fiscal_period_is_valid(period), input);
	FUZZ_CHECK(fiscal_period_contains(period, period), input);
	if (fiscal_period_move(period, 1, &next))
	{
		FUZZ_CHECK(next > period && !fiscal_period_overlaps(period, next), input);
		FUZZ_CHECK(fiscal_period_first_month(next) == fiscal_period_end_month(period), input);
		FUZZ_CHECK(fiscal_period_move(next, -1, &again) && again == period, input);
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FiscalPeriod period;
	char *string;

	if (size < 1)
		return 0;
	string = fuzz_string(data + 1, size - 1);
	if (data[0] == 'b' && size == 1 + sizeof(period))
	{
		memcpy(&period, data + 1, sizeof(period));
		if (fiscal_period_is_valid(period))
			fuzz_check_period(period, "(binary)");
	}
	else if (fiscal_period_parse(string, &period) == FISCAL_PERIOD_OK)
		fuzz_check_period(period, string);
	free(string);
	return 0;
}
