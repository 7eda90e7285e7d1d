/*
 * outlook_value.c
 *	  Quotients of products of amounts, rounded to cents. Of 128 bits as long as that is wide enough,
 *	  else numeric: so no figure on the way is too large.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "outlook/outlook.h"
#include "types/share.h"

#define CENT (AMOUNT_SCALE / 100)

/* Multiplies; false if the product is too large. */
static bool
value_multiply(const int128 *factors, int count, int128 *product)
{
	*product = 1;
	for (int i = 0; i < count; i++)
		if (__builtin_mul_overflow(*product, factors[i], product))
			return false;
	return true;
}

/* Makes a numeric of an integer of 128 bits. */
static Datum
value_to_numeric(int128 value)
{
	const int64 base = INT64CONST(1000000000000000000);
	Datum high = NumericGetDatum(int64_to_numeric((int64) (value / base / base)));
	Datum middle = NumericGetDatum(int64_to_numeric((int64) (value / base % base)));
	Datum low = NumericGetDatum(int64_to_numeric((int64) (value % base)));
	Datum scale = NumericGetDatum(int64_to_numeric(base));

	high = DirectFunctionCall2(numeric_add, DirectFunctionCall2(numeric_mul, high, scale), middle);
	return DirectFunctionCall2(numeric_add, DirectFunctionCall2(numeric_mul, high, scale), low);
}

/* Multiplies without bound. */
static Datum
value_multiply_numeric(const int128 *factors, int count)
{
	Datum product = value_to_numeric(factors[0]);

	for (int i = 1; i < count; i++)
		product = DirectFunctionCall2(numeric_mul, product, value_to_numeric(factors[i]));
	return product;
}

/*
 * Returns the product of the factors divided by that of the divisors, which is positive, rounded to
 * cents half away from zero. All are in 1/10000, or all but one factor are bare ratios. Error: 22003.
 */
Amount
outlook_quotient(const int128 *factors, int factors_count, const int128 *divisors,
				 int divisors_count)
{
	int128 dividend;
	int128 divisor;
	Datum quotient;

	if (value_multiply(factors, factors_count, &dividend) &&
		value_multiply(divisors, divisors_count, &divisor) && divisor < ((int128) 1 << 120) / CENT)
		return amount_narrow(share_round(dividend, divisor * CENT) * CENT);
	quotient = DirectFunctionCall2(numeric_div, value_multiply_numeric(factors, factors_count),
								   value_multiply_numeric(divisors, divisors_count));
	quotient = DirectFunctionCall2(numeric_div, quotient, value_to_numeric(AMOUNT_SCALE));
	return amount_from_numeric(DirectFunctionCall2(numeric_round, quotient, Int32GetDatum(2)));
}
