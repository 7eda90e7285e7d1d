/*
 * amount_arithmetic.c
 *	  Checked arithmetic on amounts. A result that does not fit is 22003, never a wrapped value.
 */
#include "postgres.h"

#include "common/int.h"

#include "types/amount.h"

/* Returns the result of an operation, or raises 22003 if it overflowed. */
static inline Amount
amount_checked(bool overflow, Amount result)
{
	if (unlikely(overflow))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("steering.amount out of range")));
	return result;
}

/* Adds two amounts. */
Amount
amount_add(Amount a, Amount b)
{
	Amount sum;
	bool overflow = pg_add_s64_overflow(a, b, &sum);

	return amount_checked(overflow, sum);
}

/* Subtracts b from a. */
Amount
amount_subtract(Amount a, Amount b)
{
	Amount difference;
	bool overflow = pg_sub_s64_overflow(a, b, &difference);

	return amount_checked(overflow, difference);
}

/* Tells whether a sum is an amount. */
bool
amount_fits(int128 sum)
{
	return sum >= PG_INT64_MIN && sum <= PG_INT64_MAX;
}

/* Makes an amount of a sum that may have been larger on the way. */
Amount
amount_narrow(int128 sum)
{
	return amount_checked(!amount_fits(sum), (Amount) sum);
}

/* Returns the amount that is nearest to a sum. */
Amount
amount_clamp(int128 sum)
{
	return sum < PG_INT64_MIN ? PG_INT64_MIN : sum > PG_INT64_MAX ? PG_INT64_MAX : (Amount) sum;
}

/* Changes the sign; the smallest amount has no opposite. */
Amount
amount_negate(Amount amount)
{
	return amount_subtract(0, amount);
}

/* Drops the sign; the smallest amount has no opposite. */
Amount
amount_absolute(Amount amount)
{
	return amount < 0 ? amount_negate(amount) : amount;
}

/* Multiplies by a whole number. */
Amount
amount_multiply(Amount amount, int64 factor)
{
	Amount product;
	bool overflow = pg_mul_s64_overflow(amount, factor, &product);

	return amount_checked(overflow, product);
}

/* Returns the distance from zero, which for the smallest number fits only without a sign. */
static inline uint64
magnitude(int64 number)
{
	return number < 0 ? -(uint64) number : (uint64) number;
}

/*
 * Divides by a whole number and rounds half away from zero. Rounding cannot overflow: a divisor
 * that leaves a rest at least halves the amount.
 */
Amount
amount_divide(Amount amount, int64 divisor)
{
	Amount quotient;
	uint64 rest;

	if (unlikely(divisor == 0))
		ereport(ERROR, (errcode(ERRCODE_DIVISION_BY_ZERO), errmsg("division by zero")));
	if (divisor == -1)
		return amount_negate(amount); /* the processor traps on the smallest amount */

	quotient = amount / divisor;
	rest = magnitude(amount % divisor);
	if (rest >= magnitude(divisor) - rest)
		quotient += (amount < 0) == (divisor < 0) ? 1 : -1;
	return quotient;
}

/* Makes an amount of a whole number. */
Amount
amount_from_int64(int64 whole)
{
	Amount amount;

	if (unlikely(pg_mul_s64_overflow(whole, AMOUNT_SCALE, &amount)))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("value \"%lld\" is out of range for type steering.amount",
							   (long long) whole)));
	return amount;
}
