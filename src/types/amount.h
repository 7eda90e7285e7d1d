/*
 * amount.h
 *	  Money and volumes as 64-bit fixed point with four decimals: parser, printer, arithmetic.
 *	  Knows nothing of fmgr, tables or the rest of the extension.
 */
#ifndef SP71_AMOUNT_H
#define SP71_AMOUNT_H

#include "postgres.h"

typedef int64 Amount; /* in units of 1/10000 */

#define AMOUNT_SCALE INT64CONST(10000) /* units per whole */
#define AMOUNT_DECIMALS 4
#define AMOUNT_TEXT_LENGTH 32 /* enough for any amount as text, with its terminator */

#define AmountGetDatum(a) Int64GetDatum(a)
#define DatumGetAmount(d) ((Amount) DatumGetInt64(d))
#define PG_GETARG_AMOUNT(n) DatumGetAmount(PG_GETARG_DATUM(n))
#define PG_RETURN_AMOUNT(a) return AmountGetDatum(a)

typedef enum AmountStatus
{
	AMOUNT_OK,
	AMOUNT_SYNTAX,
	AMOUNT_OUT_OF_RANGE
} AmountStatus;

/* These call nothing of the server. */
extern AmountStatus amount_parse(const char *string, Amount *result);
extern int amount_print(Amount amount, char *buffer);
extern AmountStatus amount_from_units(uint64 units, bool negative, Amount *result);

/* These raise nothing. */
extern bool amount_fits(int128 sum);
extern Amount amount_clamp(int128 sum);

/* These raise 22003 on overflow. */
extern Amount amount_add(Amount a, Amount b);
extern Amount amount_subtract(Amount a, Amount b);
extern Amount amount_narrow(int128 sum);
extern Amount amount_negate(Amount amount);
extern Amount amount_absolute(Amount amount);
extern Amount amount_multiply(Amount amount, int64 factor);
extern Amount amount_divide(Amount amount, int64 divisor); /* half away from zero; by 0: 22012 */
extern Amount amount_from_int64(int64 whole);
extern Amount amount_from_numeric(Datum numeric); /* half away from zero; NaN, infinity: 22003 */
extern Amount amount_exact_from_numeric(Datum numeric, const char *name); /* 22023: it is rounded */
extern Datum amount_to_numeric(Amount amount);
extern Datum amount_sum_to_numeric(int128 sum);

#endif
