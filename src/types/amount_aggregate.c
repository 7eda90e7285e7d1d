/*
 * amount_aggregate.c
 *	  sum() and avg() over steering.amount; they share one state, so a query with both adds once.
 *
 * The state is allocated once per group in the aggregate's memory context, and lives as long as
 * that. It is 128 bits wide: no number of rows overflows it, and only a result that is asked for
 * must fit. So a row costs neither a check nor an allocation.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "types/amount.h"

#ifndef HAVE_INT128
#error "sp71_steering needs a compiler with 128-bit integers"
#endif

typedef struct AmountSum
{
	int128 total; /* in 1/10000 */
	int64 count;  /* of amounts that are not null */
} AmountSum;

/* Makes an empty state in the aggregate's context. */
static AmountSum *
amount_sum_create(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return MemoryContextAllocZero(context, sizeof(AmountSum));
}

/* Returns the state that is the first argument; for the first row of a group, a new one. */
static inline AmountSum *
amount_sum_state(FunctionCallInfo fcinfo)
{
	if (unlikely(PG_ARGISNULL(0)))
		return amount_sum_create(fcinfo);
	return (AmountSum *) PG_GETARG_POINTER(0);
}

/* Adds one row. */
PG_FUNCTION_INFO_V1(steering_amount_accumulate);
Datum
steering_amount_accumulate(PG_FUNCTION_ARGS)
{
	AmountSum *sum = amount_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		sum->total += PG_GETARG_AMOUNT(1);
		sum->count++;
	}
	PG_RETURN_POINTER(sum);
}

/* Takes one row back, when a window frame moves past it. */
PG_FUNCTION_INFO_V1(steering_amount_discard);
Datum
steering_amount_discard(PG_FUNCTION_ARGS)
{
	AmountSum *sum = amount_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		sum->total -= PG_GETARG_AMOUNT(1);
		sum->count--;
	}
	PG_RETURN_POINTER(sum);
}

/* Adds the state of another worker, if that saw any row. */
PG_FUNCTION_INFO_V1(steering_amount_combine);
Datum
steering_amount_combine(PG_FUNCTION_ARGS)
{
	AmountSum *sum = amount_sum_state(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		const AmountSum *other = (const AmountSum *) PG_GETARG_POINTER(1);

		sum->total += other->total;
		sum->count += other->count;
	}
	PG_RETURN_POINTER(sum);
}

/* Packs a state for another process of this server, as it is in memory: it goes no further. */
PG_FUNCTION_INFO_V1(steering_amount_serialize);
Datum
steering_amount_serialize(PG_FUNCTION_ARGS)
{
	bytea *image = palloc(VARHDRSZ + sizeof(AmountSum));

	SET_VARSIZE(image, VARHDRSZ + sizeof(AmountSum));
	memcpy(VARDATA(image), PG_GETARG_POINTER(0), sizeof(AmountSum));
	PG_RETURN_BYTEA_P(image);
}

/* Unpacks the state of another process. */
PG_FUNCTION_INFO_V1(steering_amount_deserialize);
Datum
steering_amount_deserialize(PG_FUNCTION_ARGS)
{
	bytea *image = PG_GETARG_BYTEA_PP(0);
	AmountSum *sum = amount_sum_create(fcinfo);

	if (VARSIZE_ANY_EXHDR(image) != sizeof(AmountSum))
		elog(ERROR, "serialized sum of amounts has a wrong length");
	memcpy(sum, VARDATA_ANY(image), sizeof(AmountSum));
	PG_RETURN_POINTER(sum);
}

/* Ends sum(): null if there was no amount, 22003 if the sum does not fit. */
PG_FUNCTION_INFO_V1(steering_amount_sum);
Datum
steering_amount_sum(PG_FUNCTION_ARGS)
{
	const AmountSum *sum = PG_ARGISNULL(0) ? NULL : (AmountSum *) PG_GETARG_POINTER(0);

	if (sum == NULL || sum->count == 0)
		PG_RETURN_NULL();
	if (sum->total < PG_INT64_MIN || sum->total > PG_INT64_MAX)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("sum of steering.amount out of range"),
						errhint("Sum the amounts as numeric.")));
	PG_RETURN_AMOUNT((Amount) sum->total);
}

/*
 * Ends avg(): null if there was no amount, else a numeric with the digits that avg(numeric) gives.
 * It is no amount, so that the figure does not depend on the search_path, which decides between
 * this avg() and the one over numeric.
 */
PG_FUNCTION_INFO_V1(steering_amount_average);
Datum
steering_amount_average(PG_FUNCTION_ARGS)
{
	const AmountSum *sum = PG_ARGISNULL(0) ? NULL : (AmountSum *) PG_GETARG_POINTER(0);

	if (sum == NULL || sum->count == 0)
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_div, amount_sum_to_numeric(sum->total),
							   NumericGetDatum(int64_to_numeric(sum->count)));
}
