/*
 * amount.c
 *	  Fuzz target: the text input of steering.amount.
 *
 * What is read prints to a text that reads as the same amount, in the room that is promised for it;
 * a number in plain notation with four decimals at most reads as what the C library reads.
 *
 *	  Links: src/types/amount.c
 */
#include "fuzz.h"

#include "types/amount.h"

/* Tells whether strtold() can be the judge: digits, a sign and a point, and not more than it holds. */
static bool
fuzz_is_plain(const char *string)
{
	const char *point = strchr(string, '.');

	return string[0] != '\0' && strspn(string, "-0123456789.") == strlen(string) &&
		   strlen(string) <= 15 && (point == NULL || strlen(point) <= 5);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char *string = fuzz_string(data, size);
	char text[AMOUNT_TEXT_LENGTH];
	Amount amount;
	Amount again;

	if (amount_parse(string, &amount) == AMOUNT_OK)
	{
		int length = amount_print(amount, text);

		FUZZ_CHECK(length > 0 && length < AMOUNT_TEXT_LENGTH, string);
		FUZZ_CHECK(strlen(text) == (size_t) length, string);
		FUZZ_CHECK(amount_parse(text, &again) == AMOUNT_OK && again == amount, string);
		if (fuzz_is_plain(string))
			FUZZ_CHECK(amount == (Amount) (strtold(string, NULL) * 10000 +
										   (string[0] == '-' ? -0.5L : 0.5L)),
					   string);
	}
	free(string);
	return 0;
}
