/*
 * amount_sql.c
 *	  The type steering.amount for fmgr: text I/O, casts, arithmetic operators.
 *
 * All else that an amount needs (binary I/O, comparison, hashing, index support) is that of bigint:
 * src/sql/amount.sql names core's own functions.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "types/amount.h"
#include "types/soft_error.h"

/* Reads an amount; 22P02 if the text is none, 22003 if it is too large. */
PG_FUNCTION_INFO_V1(steering_amount_in);
Datum
steering_amount_in(PG_FUNCTION_ARGS)
{
	const char *string = PG_GETARG_CSTRING(0);
	Amount amount = 0;

	switch (amount_parse(string, &amount))
	{
		case AMOUNT_OK:
			break;
		case AMOUNT_SYNTAX:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type steering.amount: \"%s\"", string)));
		case AMOUNT_OUT_OF_RANGE:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value \"%s\" is out of range for type steering.amount", string)));
	}
	PG_RETURN_AMOUNT(amount);
}

/* Prints an amount. */
PG_FUNCTION_INFO_V1(steering_amount_out);
Datum
steering_amount_out(PG_FUNCTION_ARGS)
{
	char buffer[AMOUNT_TEXT_LENGTH];

	amount_print(PG_GETARG_AMOUNT(0), buffer);
	PG_RETURN_CSTRING(pstrdup(buffer));
}

/* Casts smallint to amount. */
PG_FUNCTION_INFO_V1(steering_amount_from_smallint);
Datum
steering_amount_from_smallint(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_from_int64(PG_GETARG_INT16(0)));
}

/* Casts integer to amount. */
PG_FUNCTION_INFO_V1(steering_amount_from_integer);
Datum
steering_amount_from_integer(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_from_int64(PG_GETARG_INT32(0)));
}

/* Casts bigint to amount. */
PG_FUNCTION_INFO_V1(steering_amount_from_bigint);
Datum
steering_amount_from_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_from_int64(PG_GETARG_INT64(0)));
}

/* Casts numeric to amount. */
PG_FUNCTION_INFO_V1(steering_amount_from_numeric);
Datum
steering_amount_from_numeric(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_from_numeric(PG_GETARG_DATUM(0)));
}

/* Casts amount to numeric. */
PG_FUNCTION_INFO_V1(steering_amount_to_numeric);
Datum
steering_amount_to_numeric(PG_FUNCTION_ARGS)
{
	return amount_to_numeric(PG_GETARG_AMOUNT(0));
}

/* Implements amount + amount. */
PG_FUNCTION_INFO_V1(steering_amount_add);
Datum
steering_amount_add(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_add(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1)));
}

/* Implements amount - amount. */
PG_FUNCTION_INFO_V1(steering_amount_subtract);
Datum
steering_amount_subtract(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_subtract(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1)));
}

/* Implements - amount. */
PG_FUNCTION_INFO_V1(steering_amount_negate);
Datum
steering_amount_negate(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_negate(PG_GETARG_AMOUNT(0)));
}

/* Implements abs(amount). */
PG_FUNCTION_INFO_V1(steering_amount_absolute);
Datum
steering_amount_absolute(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_absolute(PG_GETARG_AMOUNT(0)));
}

/* Implements amount * bigint. */
PG_FUNCTION_INFO_V1(steering_amount_multiply);
Datum
steering_amount_multiply(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_multiply(PG_GETARG_AMOUNT(0), PG_GETARG_INT64(1)));
}

/* Implements bigint * amount. */
PG_FUNCTION_INFO_V1(steering_amount_multiplied);
Datum
steering_amount_multiplied(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_multiply(PG_GETARG_AMOUNT(1), PG_GETARG_INT64(0)));
}

/* Implements amount / bigint. */
PG_FUNCTION_INFO_V1(steering_amount_divide);
Datum
steering_amount_divide(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(amount_divide(PG_GETARG_AMOUNT(0), PG_GETARG_INT64(1)));
}
