/*
 * fiscal_period.c
 *	  Reading, writing and moving fiscal periods.
 *
 * Pure: no palloc, no ereport, nothing of the server but its macros, so that a fuzzer can link this
 * file alone.
 */
#include "postgres.h"

#include "types/fiscal_period.h"

static const char *const unit_names[] = {
	[FISCAL_PERIOD_YEAR] = "year",
	[FISCAL_PERIOD_QUARTER] = "quarter",
	[FISCAL_PERIOD_MONTH] = "month",
};

/* Tells whether c is white space, whatever the locale. */
static inline bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Tells whether c is a digit, whatever the locale. */
static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Puts a period together from a month that its unit can start with. */
static inline FiscalPeriod
fiscal_period_make(int32 first_month, FiscalPeriodUnit unit)
{
	return (first_month << 2) | (int32) unit;
}

/*
 * Reads what may follow the year: nothing, "-Q1" or "-03". Moves the cursor past it.
 *
 * Numbers are read as written, even when there is no such quarter or month, so that the message can
 * tell a typing error in a figure from text that is no period at all.
 */
static FiscalPeriodStatus
fiscal_period_parse_part(const char **cursor, FiscalPeriodUnit *unit, int32 *month)
{
	const char *c = *cursor;

	*unit = FISCAL_PERIOD_YEAR;
	*month = 0;
	if (*c != '-')
		return FISCAL_PERIOD_OK;
	c++;

	if ((*c == 'Q' || *c == 'q') && is_digit(c[1]))
	{
		*unit = FISCAL_PERIOD_QUARTER;
		*month = (c[1] - '1') * 3;
	}
	else if (is_digit(*c) && is_digit(c[1]))
	{
		*unit = FISCAL_PERIOD_MONTH;
		*month = (c[0] - '0') * 10 + (c[1] - '1');
	}
	else
		return FISCAL_PERIOD_SYNTAX;

	*cursor = c + 2;
	return FISCAL_PERIOD_OK;
}

/*
 * Reads a period: "2026", "2026-Q1" or "2026-03", with white space around it.
 *
 * A year has four digits: with two, "26-03" could mean 2026 or the year 26. One with more digits is
 * a year that is out of range, not a mistake in writing.
 */
FiscalPeriodStatus
fiscal_period_parse(const char *string, FiscalPeriod *result)
{
	FiscalPeriodStatus status;
	FiscalPeriodUnit unit;
	int32 year = 0;
	int32 month;
	int digits = 0;

	while (is_space(*string))
		string++;
	for (; is_digit(*string); string++)
	{
		if (digits < 5)
			digits++;
		if (digits < 5)
			year = year * 10 + (*string - '0');
	}
	if (digits < 4)
		return FISCAL_PERIOD_SYNTAX;

	status = fiscal_period_parse_part(&string, &unit, &month);
	if (status != FISCAL_PERIOD_OK)
		return status;
	while (is_space(*string))
		string++;
	if (*string != '\0')
		return FISCAL_PERIOD_SYNTAX;

	if (month < 0 || month >= 12)
		return unit == FISCAL_PERIOD_QUARTER ? FISCAL_PERIOD_NO_SUCH_QUARTER
											 : FISCAL_PERIOD_NO_SUCH_MONTH;
	if (digits > 4 || !fiscal_period_of_month(year * 12 + month, unit, result))
		return FISCAL_PERIOD_OUT_OF_RANGE;
	return FISCAL_PERIOD_OK;
}

/* Writes a period into a buffer of FISCAL_PERIOD_TEXT_LENGTH; returns the length of the text. */
int
fiscal_period_print(FiscalPeriod period, char *buffer)
{
	int32 year = fiscal_period_first_month(period) / 12;
	int32 month = fiscal_period_first_month(period) % 12;
	char *c = buffer;

	*c++ = '0' + year / 1000;
	*c++ = '0' + year / 100 % 10;
	*c++ = '0' + year / 10 % 10;
	*c++ = '0' + year % 10;
	switch (fiscal_period_unit(period))
	{
		case FISCAL_PERIOD_YEAR:
			break;
		case FISCAL_PERIOD_QUARTER:
			*c++ = '-';
			*c++ = 'Q';
			*c++ = '1' + month / 3;
			break;
		case FISCAL_PERIOD_MONTH:
			*c++ = '-';
			*c++ = '0' + (month + 1) / 10;
			*c++ = '0' + (month + 1) % 10;
			break;
	}
	*c = '\0';
	return c - buffer;
}

/* Reads the name of a unit, in any case; false if there is no such unit. */
bool
fiscal_period_unit_parse(const char *string, FiscalPeriodUnit *unit)
{
	for (int i = 0; i < lengthof(unit_names); i++)
	{
		const char *c = string;
		const char *name = unit_names[i];

		while (*name != '\0' && (*c == *name || *c == *name - 'a' + 'A'))
		{
			c++;
			name++;
		}
		if (*name == '\0' && *c == '\0')
		{
			*unit = (FiscalPeriodUnit) i;
			return true;
		}
	}
	return false;
}

/* Returns the name of a unit. */
const char *
fiscal_period_unit_name(FiscalPeriodUnit unit)
{
	return unit_names[unit];
}

/* Finds the period of this unit that a month lies in; false outside the years 1 to 9999. */
bool
fiscal_period_of_month(int32 month, FiscalPeriodUnit unit, FiscalPeriod *result)
{
	if (month < FISCAL_PERIOD_FIRST_MONTH || month >= FISCAL_PERIOD_END_MONTH)
		return false;
	*result = fiscal_period_make(month - month % fiscal_period_unit_months(unit), unit);
	return true;
}

/*
 * Finds the period that lies count periods of the same unit later, or earlier if count is negative;
 * false outside the years 1 to 9999.
 *
 * The product needs more than 32 bits; no 32-bit count takes it out of 64, so there is no overflow
 * to check.
 */
bool
fiscal_period_move(FiscalPeriod period, int64 count, FiscalPeriod *result)
{
	FiscalPeriodUnit unit = fiscal_period_unit(period);
	int64 month;

	Assert(count >= -(int64) PG_INT32_MAX - 1 && count <= (int64) PG_INT32_MAX + 1);
	month = fiscal_period_first_month(period) + count * fiscal_period_unit_months(unit);
	if (month < FISCAL_PERIOD_FIRST_MONTH || month >= FISCAL_PERIOD_END_MONTH)
		return false;
	*result = fiscal_period_make((int32) month, unit);
	return true;
}

/* Tells whether an integer from outside is a period: unit, years, and first month must fit. */
bool
fiscal_period_is_valid(int32 value)
{
	FiscalPeriod period;
	int32 unit = value & 3;

	return unit <= FISCAL_PERIOD_MONTH &&
		   fiscal_period_of_month(value >> 2, (FiscalPeriodUnit) unit, &period) && period == value;
}
