/*
 * amount.c
 *	  Amounts as text: the parser and the printer.
 *
 * Calls nothing of the server, not even palloc or ereport, so that a fuzzer can link this file
 * alone: what is wrong with a text comes back as an AmountStatus.
 *
 * The grammar is that of a finite decimal numeric: blanks, a sign, digits with a decimal point, an
 * exponent, blanks. A text that both types accept gives the same amount as the cast from numeric.
 * What numeric alone accepts (NaN, infinity, and since PostgreSQL 16 hexadecimal digits and
 * underscores) is a syntax error here.
 */
#include "postgres.h"

#include "common/int.h"

#include "types/amount.h"

#define MIN_PRINTED_DECIMALS 2
#define MAX_PARSED_DECIMALS 16383 /* as numeric; a longer fraction is a mistake, not an amount */
#define MAX_EXPONENT (INT64CONST(1) << 40) /* saturates here: no text has as many digits */

/* A decimal number as it stands in the text: digits * 10^exponent */
typedef struct Decimal
{
	bool negative;
	const char *digits; /* a decimal point may stand after the whole ones */
	int64 whole;        /* digits before the point */
	int64 fraction;     /* digits after the point */
	int64 exponent;
} Decimal;

/* Tells whether c is a blank; isspace() would depend on the locale. */
static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Tells whether c is a digit. */
static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns the first place at or after string that is no blank. */
static const char *
skip_blanks(const char *string)
{
	while (is_blank(*string))
		string++;
	return string;
}

/* Returns the first place at or after string that is no digit. */
static const char *
skip_digits(const char *string)
{
	while (is_digit(*string))
		string++;
	return string;
}

/* Steps over a sign, if there is one, and tells whether it is a minus. */
static bool
scan_sign(const char **string)
{
	bool negative = **string == '-';

	if (negative || **string == '+')
		(*string)++;
	return negative;
}

/*
 * Reads the exponent at string, if there is one. Returns where it ends, or NULL if it has no
 * digits. It saturates where no digits of the text could bring the number back into range.
 */
static const char *
scan_exponent(const char *string, int64 *exponent)
{
	bool negative;

	*exponent = 0;
	if (*string != 'e' && *string != 'E')
		return string;
	string++;
	negative = scan_sign(&string);
	if (!is_digit(*string))
		return NULL;
	for (; is_digit(*string); string++)
		*exponent = Min(*exponent * 10 + (*string - '0'), MAX_EXPONENT);
	if (negative)
		*exponent = -*exponent;
	return string;
}

/* Reads all of string as a decimal number; false if it is none. */
static bool
decimal_scan(const char *string, Decimal *decimal)
{
	const char *end;

	string = skip_blanks(string);
	decimal->negative = scan_sign(&string);
	decimal->digits = string;
	end = skip_digits(string);
	decimal->whole = end - string;
	decimal->fraction = 0;
	if (*end == '.')
	{
		string = end + 1;
		end = skip_digits(string);
		decimal->fraction = end - string;
	}
	if (decimal->whole + decimal->fraction == 0)
		return false;
	end = scan_exponent(end, &decimal->exponent);
	return end != NULL && *skip_blanks(end) == '\0';
}

/* Returns a digit by its place from the left; those after the last one are zeros. */
static inline int
decimal_digit(const Decimal *decimal, int64 place)
{
	if (place < decimal->whole)
		return decimal->digits[place] - '0';
	if (place < decimal->whole + decimal->fraction)
		return decimal->digits[place + 1] - '0';
	return 0;
}

/*
 * Rounds a decimal number to units of 1/10000, half away from zero. The digits up to the fourth
 * decimal are the units; the one after them decides the rounding.
 */
static AmountStatus
decimal_round(const Decimal *decimal, Amount *result)
{
	int64 kept = decimal->whole + decimal->exponent + AMOUNT_DECIMALS;
	int64 given = decimal->whole + decimal->fraction;
	uint64 units = 0;
	int64 place;

	if (decimal->fraction - decimal->exponent > MAX_PARSED_DECIMALS)
		return AMOUNT_OUT_OF_RANGE;

	/* Behind the last digit stand zeros, which count only after another digit: 0e999 is 0. */
	for (place = 0; place < kept && (place < given || units > 0); place++)
	{
		if (pg_mul_u64_overflow(units, 10, &units) ||
			pg_add_u64_overflow(units, decimal_digit(decimal, place), &units))
			return AMOUNT_OUT_OF_RANGE;
	}
	if (kept >= 0 && decimal_digit(decimal, kept) >= 5 && pg_add_u64_overflow(units, 1, &units))
		return AMOUNT_OUT_OF_RANGE;
	return amount_from_units(units, decimal->negative, result);
}

/*
 * Reads an amount. More than four decimals are rounded half away from zero. The result is not set
 * unless the status is AMOUNT_OK.
 */
AmountStatus
amount_parse(const char *string, Amount *result)
{
	Decimal decimal;

	if (!decimal_scan(string, &decimal))
		return AMOUNT_SYNTAX;
	return decimal_round(&decimal, result);
}

/*
 * Writes an amount with two decimals, or with as many of four as it needs; returns the length. The
 * buffer holds AMOUNT_TEXT_LENGTH bytes.
 */
int
amount_print(Amount amount, char *buffer)
{
	char printed[AMOUNT_TEXT_LENGTH];
	char *start = printed + sizeof(printed);
	uint64 units = amount < 0 ? -(uint64) amount : (uint64) amount;
	int decimals = AMOUNT_DECIMALS;
	int place;

	for (; decimals > MIN_PRINTED_DECIMALS && units % 10 == 0; decimals--)
		units /= 10;

	*--start = '\0';
	for (place = 0; place <= decimals || units > 0; place++)
	{
		if (place == decimals)
			*--start = '.';
		*--start = '0' + units % 10;
		units /= 10;
	}
	if (amount < 0)
		*--start = '-';

	memcpy(buffer, start, printed + sizeof(printed) - start);
	return (int) (printed + sizeof(printed) - start) - 1;
}

/* Puts a number of units and a sign together. Below zero there is one amount more than above. */
AmountStatus
amount_from_units(uint64 units, bool negative, Amount *result)
{
	if (units > (uint64) PG_INT64_MAX + (negative ? 1 : 0))
		return AMOUNT_OUT_OF_RANGE;
	*result = (Amount) (negative ? -units : units);
	return AMOUNT_OK;
}
