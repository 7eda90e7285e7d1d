/*
 * period_range.c
 *	  Reading a period as people write it in a call: "2026", "2026-Q1", "2026-03", or a range of whole
 *	  months as "[2024-04-01,2025-04-01)".
 *
 * A range is written as PostgreSQL writes a daterange with DateStyle ISO. It is read here, and not by
 * the server, so that it means the same under every DateStyle, and "today" is no bound.
 *
 * Pure: no palloc, no ereport, nothing of the server but its macros, so that a fuzzer can link this
 * file with fiscal_period.c alone.
 */
#include "postgres.h"

#include "types/period_range.h"

/* A bound of a range as it stands in the text: its numbers need not be those of a day. */
typedef struct Bound
{
	bool infinite;
	int32 year;
	int32 month;
	int32 day;
} Bound;

/* Tells whether c is white space, whatever the locale. */
static inline bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Returns the first place at or after string that is no white space. */
static const char *
skip_spaces(const char *string)
{
	while (is_space(*string))
		string++;
	return string;
}

/* Reads a number of so many digits and moves the cursor past it; false if it has fewer or more. */
static bool
scan_number(const char **cursor, int least, int most, int32 *number)
{
	int digits = 0;

	*number = 0;
	for (; **cursor >= '0' && **cursor <= '9'; (*cursor)++)
	{
		if (digits++ == most)
			return false;
		*number = *number * 10 + (**cursor - '0');
	}
	return digits >= least;
}

/* Steps over a character; false if another stands there. */
static bool
scan_character(const char **cursor, char c)
{
	if (**cursor != c)
		return false;
	(*cursor)++;
	return true;
}

/* Steps over a word in lower case; false if another stands there. */
static bool
scan_word(const char **cursor, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*cursor, word, length) != 0)
		return false;
	*cursor += length;
	return true;
}

/* Returns the number of days of a month of a year. */
static int32
days_of_month(int32 year, int32 month)
{
	static const int32 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* Reads a bound, up to the comma or bracket after it; false if it is written otherwise. */
static bool
scan_bound(const char **cursor, Bound *bound)
{
	*cursor = skip_spaces(*cursor);
	bound->infinite = **cursor == ',' || **cursor == ']' || **cursor == ')' ||
					  scan_word(cursor, "infinity") || scan_word(cursor, "-infinity");
	if (!bound->infinite &&
		!(scan_number(cursor, 4, 5, &bound->year) && scan_character(cursor, '-') &&
		  scan_number(cursor, 2, 2, &bound->month) && scan_character(cursor, '-') &&
		  scan_number(cursor, 2, 2, &bound->day)))
		return false;
	*cursor = skip_spaces(*cursor);
	return true;
}

/*
 * Finds the month that begins at a bound, which lies before its day or after it: "(2023-12-31" is the
 * same bound as "[2024-01-01". The first of the year 10000 ends the last month that there is.
 */
static PeriodRangeStatus
bound_month(const Bound *bound, bool after_day, int32 *month)
{
	if (bound->infinite)
		return PERIOD_RANGE_UNBOUNDED;
	if (bound->year == 0 || bound->month < 1 || bound->month > 12 || bound->day < 1 ||
		bound->day > days_of_month(bound->year, bound->month))
		return PERIOD_RANGE_NO_SUCH_DAY;
	if (bound->day != (after_day ? days_of_month(bound->year, bound->month) : 1))
		return PERIOD_RANGE_PART_OF_MONTH;
	*month = bound->year * 12 + bound->month - 1 + (after_day ? 1 : 0);
	return *month <= FISCAL_PERIOD_END_MONTH ? PERIOD_RANGE_OK : PERIOD_RANGE_NO_SUCH_YEAR;
}

/* Reads a range, from its opening bracket on. */
static PeriodRangeStatus
period_range_scan(const char *cursor, PeriodRange *range)
{
	bool after_lower = *cursor++ == '(';
	bool after_upper;
	Bound lower;
	Bound upper;
	PeriodRangeStatus status;

	if (!scan_bound(&cursor, &lower) || !scan_character(&cursor, ',') ||
		!scan_bound(&cursor, &upper) || (*cursor != ']' && *cursor != ')'))
		return PERIOD_RANGE_SYNTAX;
	after_upper = *cursor++ == ']';
	if (*skip_spaces(cursor) != '\0')
		return PERIOD_RANGE_SYNTAX;

	status = bound_month(&lower, after_lower, &range->first_month);
	if (status == PERIOD_RANGE_OK)
		status = bound_month(&upper, after_upper, &range->end_month);
	if (status == PERIOD_RANGE_OK && range->first_month >= range->end_month)
		status = PERIOD_RANGE_EMPTY;
	return status;
}

/* Reads a period. The result is of use only if the status is PERIOD_RANGE_OK. */
PeriodRangeStatus
period_range_parse(const char *string, PeriodRange *result)
{
	const char *start = skip_spaces(string);
	FiscalPeriod period;

	if (*start == '[' || *start == '(')
		return period_range_scan(start, result);
	if (scan_word(&start, "empty") && *skip_spaces(start) == '\0')
		return PERIOD_RANGE_EMPTY;
	switch (fiscal_period_parse(string, &period))
	{
		case FISCAL_PERIOD_OK:
			break;
		case FISCAL_PERIOD_SYNTAX:
			return PERIOD_RANGE_SYNTAX;
		case FISCAL_PERIOD_NO_SUCH_QUARTER:
			return PERIOD_RANGE_NO_SUCH_QUARTER;
		case FISCAL_PERIOD_NO_SUCH_MONTH:
			return PERIOD_RANGE_NO_SUCH_MONTH;
		case FISCAL_PERIOD_OUT_OF_RANGE:
			return PERIOD_RANGE_NO_SUCH_YEAR;
	}
	result->first_month = fiscal_period_first_month(period);
	result->end_month = fiscal_period_end_month(period);
	return PERIOD_RANGE_OK;
}
