/*
 * period_range.c
 *	  Fuzz target: a period as people write it, a fiscal period or a range of whole months.
 *
 * What is read is a range that ends after it begins, within the years that there are; and every fiscal
 * period is one, of its own months.
 *
 *	  Links: src/types/period_range.c src/types/fiscal_period.c
 */
#include "fuzz.h"

#include "types/fiscal_period.h"
#include "types/period_range.h"

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	char *string = fuzz_string(data, size);
	PeriodRange range;
	FiscalPeriod period;
	bool is_range = period_range_parse(string, &range) == PERIOD_RANGE_OK;

	if (is_range)
	{
		FUZZ_CHECK(range.first_month < range.end_month, string);
		FUZZ_CHECK(range.first_month >= FISCAL_PERIOD_FIRST_MONTH, string);
		FUZZ_CHECK(range.end_month <= FISCAL_PERIOD_END_MONTH, string);
	}
	if (fiscal_period_parse(string, &period) == FISCAL_PERIOD_OK)
	{
		FUZZ_CHECK(is_range, string);
		FUZZ_CHECK(range.first_month == fiscal_period_first_month(period), string);
		FUZZ_CHECK(range.end_month == fiscal_period_end_month(period), string);
	}
	free(string);
	return 0;
}
