/*
 * cost_result_sql.c
 *	  The type steering.cost_result for fmgr: input and output, parts, arithmetic, comparison.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "types/cost_result.h"
#include "types/soft_error.h"

/* Makes a pair in the current context. */
static Datum
cost_result_make(Amount cost, Amount result)
{
	CostResult *pair = palloc(sizeof(CostResult));

	pair->cost = cost;
	pair->result = result;
	return CostResultPGetDatum(pair);
}

/* Reads a pair; 22P02 if the text is none, 22003 if a side is too large. */
PG_FUNCTION_INFO_V1(steering_cost_result_in);
Datum
steering_cost_result_in(PG_FUNCTION_ARGS)
{
	char *string = pstrdup(PG_GETARG_CSTRING(0));
	CostResult pair = {0};

	switch (cost_result_parse(string, &pair))
	{
		case AMOUNT_OK:
			break;
		case AMOUNT_SYNTAX:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type steering.cost_result: \"%s\"", string),
					 errhint("Write a cost and a result, as \"1255100.00 / 1000.00\".")));
		case AMOUNT_OUT_OF_RANGE:
			ereturn(fcinfo->context, (Datum) 0,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value \"%s\" is out of range for type steering.cost_result", string)));
	}
	return cost_result_make(pair.cost, pair.result);
}

/* Writes a pair. */
PG_FUNCTION_INFO_V1(steering_cost_result_out);
Datum
steering_cost_result_out(PG_FUNCTION_ARGS)
{
	char *buffer = palloc(COST_RESULT_TEXT_LENGTH);

	cost_result_print(PG_GETARG_COST_RESULT_P(0), buffer);
	PG_RETURN_CSTRING(buffer);
}

/* Reads the units of 1/10000 of cost and result. Any two are a pair. */
PG_FUNCTION_INFO_V1(steering_cost_result_recv);
Datum
steering_cost_result_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	Amount cost = pq_getmsgint64(message);
	Amount result = pq_getmsgint64(message);

	return cost_result_make(cost, result);
}

/* Sends the units of 1/10000 of cost and result. */
PG_FUNCTION_INFO_V1(steering_cost_result_send);
Datum
steering_cost_result_send(PG_FUNCTION_ARGS)
{
	const CostResult *pair = PG_GETARG_COST_RESULT_P(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint64(&message, pair->cost);
	pq_sendint64(&message, pair->result);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Puts a cost and a result together, each rounded to four decimals. */
PG_FUNCTION_INFO_V1(steering_cost_result_make);
Datum
steering_cost_result_make(PG_FUNCTION_ARGS)
{
	return cost_result_make(amount_from_numeric(PG_GETARG_DATUM(0)),
							amount_from_numeric(PG_GETARG_DATUM(1)));
}

/* Returns the cost of a pair. */
PG_FUNCTION_INFO_V1(steering_cost_result_cost);
Datum
steering_cost_result_cost(PG_FUNCTION_ARGS)
{
	return amount_to_numeric(PG_GETARG_COST_RESULT_P(0)->cost);
}

/* Returns the result of a pair. */
PG_FUNCTION_INFO_V1(steering_cost_result_result);
Datum
steering_cost_result_result(PG_FUNCTION_ARGS)
{
	return amount_to_numeric(PG_GETARG_COST_RESULT_P(0)->result);
}

/* Divides cost by result, with the digits that numeric gives; null without result. */
PG_FUNCTION_INFO_V1(steering_cost_result_per_result);
Datum
steering_cost_result_per_result(PG_FUNCTION_ARGS)
{
	const CostResult *pair = PG_GETARG_COST_RESULT_P(0);

	if (pair->result == 0)
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_div, amount_to_numeric(pair->cost),
							   amount_to_numeric(pair->result));
}

/* Implements +. */
PG_FUNCTION_INFO_V1(steering_cost_result_add);
Datum
steering_cost_result_add(PG_FUNCTION_ARGS)
{
	const CostResult *a = PG_GETARG_COST_RESULT_P(0);
	const CostResult *b = PG_GETARG_COST_RESULT_P(1);

	return cost_result_make(amount_add(a->cost, b->cost), amount_add(a->result, b->result));
}

/* Implements -. */
PG_FUNCTION_INFO_V1(steering_cost_result_subtract);
Datum
steering_cost_result_subtract(PG_FUNCTION_ARGS)
{
	const CostResult *a = PG_GETARG_COST_RESULT_P(0);
	const CostResult *b = PG_GETARG_COST_RESULT_P(1);

	return cost_result_make(amount_subtract(a->cost, b->cost),
							amount_subtract(a->result, b->result));
}

/* Compares the first two arguments. */
static inline int
cost_result_order(FunctionCallInfo fcinfo)
{
	return cost_result_compare(PG_GETARG_COST_RESULT_P(0), PG_GETARG_COST_RESULT_P(1));
}

/* Implements <. */
PG_FUNCTION_INFO_V1(steering_cost_result_less);
Datum
steering_cost_result_less(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) < 0);
}

/* Implements <=. */
PG_FUNCTION_INFO_V1(steering_cost_result_less_equal);
Datum
steering_cost_result_less_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) <= 0);
}

/* Implements =. */
PG_FUNCTION_INFO_V1(steering_cost_result_equal);
Datum
steering_cost_result_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) == 0);
}

/* Implements <>. */
PG_FUNCTION_INFO_V1(steering_cost_result_not_equal);
Datum
steering_cost_result_not_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) != 0);
}

/* Implements >=. */
PG_FUNCTION_INFO_V1(steering_cost_result_greater_equal);
Datum
steering_cost_result_greater_equal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) >= 0);
}

/* Implements >. */
PG_FUNCTION_INFO_V1(steering_cost_result_greater);
Datum
steering_cost_result_greater(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cost_result_order(fcinfo) > 0);
}

/* Compares for btree. */
PG_FUNCTION_INFO_V1(steering_cost_result_compare);
Datum
steering_cost_result_compare(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(cost_result_order(fcinfo));
}

/* Returns the first of two in their order. */
PG_FUNCTION_INFO_V1(steering_cost_result_smaller);
Datum
steering_cost_result_smaller(PG_FUNCTION_ARGS)
{
	return PG_GETARG_DATUM(cost_result_order(fcinfo) <= 0 ? 0 : 1);
}

/* Returns the last of two in their order. */
PG_FUNCTION_INFO_V1(steering_cost_result_larger);
Datum
steering_cost_result_larger(PG_FUNCTION_ARGS)
{
	return PG_GETARG_DATUM(cost_result_order(fcinfo) >= 0 ? 0 : 1);
}

/* Hashes a pair. */
PG_FUNCTION_INFO_V1(steering_cost_result_hash);
Datum
steering_cost_result_hash(PG_FUNCTION_ARGS)
{
	return hash_any((const unsigned char *) PG_GETARG_COST_RESULT_P(0), sizeof(CostResult));
}

/* Hashes a pair with a seed. */
PG_FUNCTION_INFO_V1(steering_cost_result_hash_extended);
Datum
steering_cost_result_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended((const unsigned char *) PG_GETARG_COST_RESULT_P(0), sizeof(CostResult),
							 PG_GETARG_INT64(1));
}
