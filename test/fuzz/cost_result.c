/*
 * cost_result.c
 *	  Fuzz target: the text input of steering.cost_result, and its order.
 *
 * What is read prints to a text that reads as the same pair, in the room that is promised for it. Three
 * pairs from the wire are in one order: by which each is equal to itself and to no other, two compare the
 * other way round when exchanged, and the order carries over.
 *
 *	  Links: src/types/cost_result.c src/types/amount.c
 */
#include "fuzz.h"

#include "types/cost_result.h"

/* Returns -1, 0 or 1. */
static int
fuzz_order(const CostResult *a, const CostResult *b)
{
	int order = cost_result_compare(a, b);

	return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/* Checks that three pairs have one order. */
static void
fuzz_check_order(const CostResult pairs[3])
{
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
		{
			bool same = memcmp(&pairs[i], &pairs[j], sizeof(CostResult)) == 0;

			FUZZ_CHECK((fuzz_order(&pairs[i], &pairs[j]) == 0) == same, "(binary)");
			FUZZ_CHECK(fuzz_order(&pairs[i], &pairs[j]) == -fuzz_order(&pairs[j], &pairs[i]),
					   "(binary)");
			for (int k = 0; k < 3; k++)
				if (fuzz_order(&pairs[i], &pairs[j]) <= 0 && fuzz_order(&pairs[j], &pairs[k]) <= 0)
					FUZZ_CHECK(fuzz_order(&pairs[i], &pairs[k]) <= 0, "(binary)");
		}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char *string = fuzz_string(data, size);
	char text[COST_RESULT_TEXT_LENGTH];
	CostResult pairs[3];
	CostResult pair;
	CostResult again;

	if (size == sizeof(pairs))
	{
		memcpy(pairs, data, sizeof(pairs));
		fuzz_check_order(pairs);
	}
	if (cost_result_parse(string, &pair) == AMOUNT_OK)
	{
		cost_result_print(&pair, text);
		FUZZ_CHECK(strlen(text) < COST_RESULT_TEXT_LENGTH, text);
		FUZZ_CHECK(cost_result_parse(text, &again) == AMOUNT_OK, text);
		FUZZ_CHECK(memcmp(&pair, &again, sizeof(CostResult)) == 0, text);
	}
	free(string);
	return 0;
}
