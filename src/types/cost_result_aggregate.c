/*
 * cost_result_aggregate.c
 *	  sum() over steering.cost_result: adds up both sides, so that the ratio of the sum is the ratio of
 *	  the sums and never an average of averages.
 *
 * The state is as that of amount_aggregate.c: 128 bits wide, so only a result that is asked for must
 * fit; allocated once per group in the aggregate's memory context.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "fmgr.h"

#include "types/cost_result.h"

typedef struct CostResultSum
{
	int128 cost; /* in 1/10000 */
	int128 result;
	int64 count; /* of pairs that are not null */
} CostResultSum;

/* Makes an empty state in the aggregate's context. */
static CostResultSum *
cost_result_sum_create(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return MemoryContextAllocZero(context, sizeof(CostResultSum));
}

/* Returns the state that is the first argument; for the first row of a group, a new one. */
static inline CostResultSum *
cost_result_sum_state(FunctionCallInfo fcinfo)
{
	if (unlikely(PG_ARGISNULL(0)))
		return cost_result_sum_create(fcinfo);
	return (CostResultSum *) PG_GETARG_POINTER(0);
}

/* Adds one row. */
PG_FUNCTION_INFO_V1(steering_cost_result_accumulate);
Datum
steering_cost_result_accumulate(PG_FUNCTION_ARGS)
{
	CostResultSum *sum = cost_result_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		const CostResult *pair = PG_GETARG_COST_RESULT_P(1);

		sum->cost += pair->cost;
		sum->result += pair->result;
		sum->count++;
	}
	PG_RETURN_POINTER(sum);
}

/* Takes one row back, when a window frame moves past it. */
PG_FUNCTION_INFO_V1(steering_cost_result_discard);
Datum
steering_cost_result_discard(PG_FUNCTION_ARGS)
{
	CostResultSum *sum = cost_result_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		const CostResult *pair = PG_GETARG_COST_RESULT_P(1);

		sum->cost -= pair->cost;
		sum->result -= pair->result;
		sum->count--;
	}
	PG_RETURN_POINTER(sum);
}

/* Adds the state of another worker, if that saw any row. */
PG_FUNCTION_INFO_V1(steering_cost_result_combine);
Datum
steering_cost_result_combine(PG_FUNCTION_ARGS)
{
	CostResultSum *sum = cost_result_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		const CostResultSum *other = (const CostResultSum *) PG_GETARG_POINTER(1);

		sum->cost += other->cost;
		sum->result += other->result;
		sum->count += other->count;
	}
	PG_RETURN_POINTER(sum);
}

/* Packs a state for another process of this server, as it is in memory: it goes no further. */
PG_FUNCTION_INFO_V1(steering_cost_result_serialize);
Datum
steering_cost_result_serialize(PG_FUNCTION_ARGS)
{
	bytea *image = palloc(VARHDRSZ + sizeof(CostResultSum));

	SET_VARSIZE(image, VARHDRSZ + sizeof(CostResultSum));
	memcpy(VARDATA(image), PG_GETARG_POINTER(0), sizeof(CostResultSum));
	PG_RETURN_BYTEA_P(image);
}

/* Unpacks the state of another process. */
PG_FUNCTION_INFO_V1(steering_cost_result_deserialize);
Datum
steering_cost_result_deserialize(PG_FUNCTION_ARGS)
{
	bytea *image = PG_GETARG_BYTEA_PP(0);
	CostResultSum *sum = cost_result_sum_create(fcinfo);

	if (VARSIZE_ANY_EXHDR(image) != sizeof(CostResultSum))
		elog(ERROR, "serialized sum of costs and results has a wrong length");
	memcpy(sum, VARDATA_ANY(image), sizeof(CostResultSum));
	PG_RETURN_POINTER(sum);
}

/* Returns one side of a sum; 22003 if it does not fit. */
static Amount
cost_result_sum_side(int128 side)
{
	if (side < PG_INT64_MIN || side > PG_INT64_MAX)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("sum of steering.cost_result out of range"),
						errhint("Sum costs and results as numeric.")));
	return (Amount) side;
}

/* Ends sum(): null if there was no pair, 22003 if a side does not fit. */
PG_FUNCTION_INFO_V1(steering_cost_result_sum);
Datum
steering_cost_result_sum(PG_FUNCTION_ARGS)
{
	const CostResultSum *sum = PG_ARGISNULL(0) ? NULL : (CostResultSum *) PG_GETARG_POINTER(0);
	CostResult *pair;

	if (sum == NULL || sum->count == 0)
		PG_RETURN_NULL();
	pair = palloc(sizeof(CostResult));
	pair->cost = cost_result_sum_side(sum->cost);
	pair->result = cost_result_sum_side(sum->result);
	PG_RETURN_COST_RESULT_P(pair);
}
