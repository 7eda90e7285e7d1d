/*
 * risk_simulation_sql.c
 *	  simulate_risk(): what a reserve must be to bear the risks of a register at a chosen certainty.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "call.h"
#include "risk/risk_simulation.h"

#define RISK_MAX_DRAWS 10000000

/* Arguments of simulate_risk(), in order. */
enum
{
	RISK_PROBABILITY,
	RISK_LOW,
	RISK_LIKELY,
	RISK_HIGH,
	RISK_CERTAINTY,
	RISK_DRAWS,
	RISK_SEED,
	RISK_AVAILABLE
};

/* Columns of the result. */
enum
{
	RISK_REQUIRED,
	RISK_MEAN,
	RISK_MEDIAN,
	RISK_HIGHEST,
	RISK_COVERED,
	RISK_COLUMNS
};

static const char *const risk_argument_names[] = {
	[RISK_PROBABILITY] = "probability",
	[RISK_LOW] = "low",
	[RISK_LIKELY] = "likely",
	[RISK_HIGH] = "high",
	[RISK_CERTAINTY] = "certainty",
	[RISK_DRAWS] = "draws",
	[RISK_SEED] = "seed",
};

PG_FUNCTION_INFO_V1(steering_simulate_risk);

/* Reads an array argument; every one has as many elements as the first one read, and no nulls. */
static Datum *
risk_array(FunctionCallInfo fcinfo, int argument, int *count)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argument);
	Datum *values;
	bool *nulls;
	int found;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be an array of one dimension", risk_argument_names[argument])));
	if (argument == RISK_PROBABILITY)
		deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
						  &values, &nulls, &found);
	else
		deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &values, &nulls, &found);
	if (argument == RISK_PROBABILITY)
		*count = found;
	else if (found != *count)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is given for %d risks, probability for %d",
							   risk_argument_names[argument], found, *count)));
	for (int i = 0; i < found; i++)
		call_check_not_null(nulls[i], risk_argument_names[argument]);
	return values;
}

/* Checks the numbers of a risk and makes it; positions count from 1. */
static Risk
risk_check(double probability, Amount low, Amount likely, Amount high, int position)
{
	char texts[3][AMOUNT_TEXT_LENGTH];

	if (!(probability >= 0 && probability <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("probability must be from 0 to 1: %s",
							   DatumGetCString(
								   DirectFunctionCall1(float8out, Float8GetDatum(probability)))),
						errdetail("It is that of risk number %d.", position)));
	if (low > likely || likely > high)
	{
		amount_print(low, texts[0]);
		amount_print(likely, texts[1]);
		amount_print(high, texts[2]);
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("low, likely and high must be in this order: %s, %s, %s", texts[0],
							   texts[1], texts[2]),
						errdetail("They are those of risk number %d.", position)));
	}
	return risk_make(probability, low, likely, high);
}

/* Returns an amount without its sign, wide enough for each. */
static inline int128
risk_magnitude(Amount amount)
{
	return amount < 0 ? -(int128) amount : amount;
}

/* Reads the risks; 22003 if their amounts could add up to more than an amount. */
static Risk *
risk_read(FunctionCallInfo fcinfo, int *count)
{
	Datum *probability = risk_array(fcinfo, RISK_PROBABILITY, count);
	Datum *low = risk_array(fcinfo, RISK_LOW, count);
	Datum *likely = risk_array(fcinfo, RISK_LIKELY, count);
	Datum *high = risk_array(fcinfo, RISK_HIGH, count);
	Risk *risks = palloc_extended((*count + 1) * sizeof(Risk), MCXT_ALLOC_HUGE);
	int128 most = 0;

	for (int i = 0; i < *count; i++)
	{
		Amount lowest = amount_from_numeric(low[i]);
		Amount highest = amount_from_numeric(high[i]);

		risks[i] = risk_check(DatumGetFloat8(probability[i]), lowest,
							  amount_from_numeric(likely[i]), highest, i + 1);
		most += Max(risk_magnitude(lowest), risk_magnitude(highest));
	}
	if (most > PG_INT64_MAX)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the amounts of the risks add up to more than a steering.amount")));
	return risks;
}

/* Reads the number of draws. */
static int
risk_draws(FunctionCallInfo fcinfo)
{
	int draws = PG_GETARG_INT32(RISK_DRAWS);

	if (draws < 1 || draws > RISK_MAX_DRAWS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("draws must be from 1 to %d: %d", RISK_MAX_DRAWS, draws)));
	return draws;
}

/*
 * Returns which total, of so many in order, bears the chosen part of them: the smallest that as many
 * draws or more do not exceed. In decimals: 0.95 of 100,000 is 95,000, which it is not in binary.
 */
static int
risk_rank(FunctionCallInfo fcinfo, int draws)
{
	double certainty = PG_GETARG_FLOAT8(RISK_CERTAINTY);
	Datum rank;

	if (!(certainty > 0 && certainty < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("certainty must be between 0 and 1: %s",
						DatumGetCString(DirectFunctionCall1(float8out, Float8GetDatum(certainty)))),
				 errhint("Write 90 percent as 0.90.")));
	rank = DirectFunctionCall2(numeric_mul,
							   DirectFunctionCall1(float8_numeric, Float8GetDatum(certainty)),
							   NumericGetDatum(int64_to_numeric(draws)));
	rank = DirectFunctionCall1(numeric_int4, DirectFunctionCall1(numeric_ceil, rank));
	return Min(Max(DatumGetInt32(rank), 1), draws);
}

/* Returns the mean of the totals, rounded half away from zero to four decimals. */
static Amount
risk_mean(const Amount *totals, int draws)
{
	int128 sum = 0;

	for (int i = 0; i < draws; i++)
		sum += totals[i];
	return (Amount) ((sum + (sum < 0 ? -draws : draws) / 2) / draws);
}

/* Returns the part of the draws that an available amount bears, to six decimals. */
static Datum
risk_covered(const Amount *totals, int draws, Amount available)
{
	int low = 0;
	int high = draws;
	Datum covered;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (totals[middle] <= available)
			low = middle + 1;
		else
			high = middle;
	}
	covered = DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(low)),
								  NumericGetDatum(int64_to_numeric(draws)));
	return DirectFunctionCall2(numeric_round, covered, Int32GetDatum(6));
}

/* simulate_risk(probability, low, likely, high, certainty, draws, seed, available) */
Datum
steering_simulate_risk(PG_FUNCTION_ARGS)
{
	Datum values[RISK_COLUMNS] = {0};
	bool nulls[RISK_COLUMNS] = {false};
	TupleDesc desc;
	Amount *totals;
	Risk *risks;
	int count;
	int draws;
	int rank;

	for (int i = 0; i < lengthof(risk_argument_names); i++)
		call_check_not_null(PG_ARGISNULL(i), risk_argument_names[i]);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	risks = risk_read(fcinfo, &count);
	draws = risk_draws(fcinfo);
	rank = risk_rank(fcinfo, draws);
	totals = palloc_extended(draws * sizeof(Amount), MCXT_ALLOC_HUGE);
	risk_simulate(risks, count, (uint64) PG_GETARG_INT64(RISK_SEED), draws, totals);

	values[RISK_REQUIRED] = amount_to_numeric(totals[rank - 1]);
	values[RISK_MEAN] = amount_to_numeric(risk_mean(totals, draws));
	values[RISK_MEDIAN] = amount_to_numeric(totals[(draws - 1) / 2]);
	values[RISK_HIGHEST] = amount_to_numeric(totals[draws - 1]);
	nulls[RISK_COVERED] = PG_ARGISNULL(RISK_AVAILABLE);
	if (!nulls[RISK_COVERED])
		values[RISK_COVERED] =
			risk_covered(totals, draws, amount_from_numeric(PG_GETARG_DATUM(RISK_AVAILABLE)));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
