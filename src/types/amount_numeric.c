/*
 * amount_numeric.c
 *	  Amounts from and to numeric.
 *
 * A numeric column costs one conversion per booking. The way in therefore reads the digits that
 * numeric_send() writes, the documented wire format: they are of base 10000, so the first one after
 * the point is just the four decimals of an amount. Operators on numeric would take twice as long,
 * and the layout of a numeric in memory is private to the server.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "common/int.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "types/amount.h"

#define WIRE_BASE 10000
#define WIRE_POSITIVE 0x0000
#define WIRE_NEGATIVE 0x4000 /* other signs stand for NaN and the infinities */

/* What numeric_send() writes: four numbers and then the digits, each in network byte order */
typedef struct NumericWire
{
	uint16 ndigits;
	uint16 weight; /* signed: the power of the base that the first digit counts */
	uint16 sign;
	uint16 dscale;
	uint16 digits[FLEXIBLE_ARRAY_MEMBER];
} NumericWire;

/* Returns a digit by its place from the left; those after the last one are zeros. */
static inline uint16
wire_digit(const NumericWire *wire, int place)
{
	return place < pg_ntoh16(wire->ndigits) ? pg_ntoh16(wire->digits[place]) : 0;
}

/*
 * Rounds a finite number to units of 1/10000, half away from zero. The digits up to the first one
 * after the point are the units; the one after that decides the rounding.
 */
static AmountStatus
wire_round(const NumericWire *wire, Amount *result)
{
	int kept = (int16) pg_ntoh16(wire->weight) + 2;
	uint64 units = 0;
	int place;

	/* The first digit is not zero: a number of any size leaves this loop within six turns. */
	for (place = 0; place < kept; place++)
	{
		if (pg_mul_u64_overflow(units, WIRE_BASE, &units) ||
			pg_add_u64_overflow(units, wire_digit(wire, place), &units))
			return AMOUNT_OUT_OF_RANGE;
	}
	if (kept >= 0 && wire_digit(wire, kept) >= WIRE_BASE / 2 &&
		pg_add_u64_overflow(units, 1, &units))
		return AMOUNT_OUT_OF_RANGE;
	return amount_from_units(units, pg_ntoh16(wire->sign) == WIRE_NEGATIVE, result);
}

/* Converts a numeric; NaN and the infinities are out of range like any number too large. */
Amount
amount_from_numeric(Datum numeric)
{
	Numeric plain = DatumGetNumeric(numeric);
	bytea *sent = DatumGetByteaP(DirectFunctionCall1(numeric_send, NumericGetDatum(plain)));
	const NumericWire *wire = (const NumericWire *) VARDATA(sent);
	uint16 sign = pg_ntoh16(wire->sign);
	AmountStatus status = AMOUNT_OUT_OF_RANGE;
	Amount amount = 0;

	if (sign == WIRE_POSITIVE || sign == WIRE_NEGATIVE)
		status = wire_round(wire, &amount);
	pfree(sent);
	if (PointerGetDatum(plain) != numeric)
		pfree(plain);
	if (status != AMOUNT_OK)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("value \"%s\" is out of range for type steering.amount",
							   DatumGetCString(DirectFunctionCall1(numeric_out, numeric)))));
	return amount;
}

/* Converts to a numeric of four decimals. */
Datum
amount_to_numeric(Amount amount)
{
	return NumericGetDatum(int64_div_fast_to_numeric(amount, AMOUNT_DECIMALS));
}

/*
 * Converts an amount that somebody decides on: one that would have to be rounded is another than was
 * meant, 22023. (Bookings are many, and computed: they are rounded.)
 */
Amount
amount_exact_from_numeric(Datum numeric, const char *name)
{
	Amount amount = amount_from_numeric(numeric);

	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, numeric, amount_to_numeric(amount))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s has more than four decimals: %s", name,
							   DatumGetCString(DirectFunctionCall1(numeric_out, numeric))),
						errhint("Round it to what is meant.")));
	return amount;
}

/*
 * Converts a sum of amounts, which may be more than one amount holds, to a numeric of four decimals. A wide
 * one is cut in two parts that numeric can take up, the high one counting 10^12 wholes.
 */
Datum
amount_sum_to_numeric(int128 sum)
{
	const int64 part = INT64CONST(1000000000000); /* wholes */
	const int128 units = (int128) part * AMOUNT_SCALE;
	Datum high;

	if (sum >= PG_INT64_MIN && sum <= PG_INT64_MAX)
		return amount_to_numeric((Amount) sum);
	high =
		DirectFunctionCall2(numeric_mul, NumericGetDatum(int64_to_numeric((int64) (sum / units))),
							NumericGetDatum(int64_to_numeric(part)));
	return DirectFunctionCall2(numeric_add, high, amount_to_numeric((Amount) (sum % units)));
}
