/*
 * allocate_numeric.c
 *	  Dividing a numeric amount by numeric weights, exactly: what allocate.c does, whatever the size
 *	  and the decimals of the numbers.
 *
 * Amount and unit are brought to whole numbers by a power of ten, weights by another. Those fit in 63
 * bits in all but odd cases. Else the same is done in numeric, which has no limits that matter and
 * whose div() and mod() are exact: much slower, with the same result.
 *
 * Memory is in the current context.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "allocation/allocate.h"
#include "allocation/allocate_numeric.h"

/* A place, as in allocate.c. */
typedef struct NumericPlace
{
	Datum remainder;
	int position;
} NumericPlace;

/* Numbers of a task, all whole; amount and unit are 10^scale times what they are. */
typedef struct WholeTask
{
	int scale;
	bool negative;
	Datum amount; /* without its sign */
	Datum unit;
	Datum total; /* of the weights */
	Datum *weights;
} WholeTask;

/* Calls a function over two numerics. */
static inline Datum
numeric_call(PGFunction function, Datum a, Datum b)
{
	return DirectFunctionCall2(function, a, b);
}

/* Returns a whole number as numeric. */
static inline Datum
numeric_whole(int64 number)
{
	return NumericGetDatum(int64_to_numeric(number));
}

/* Compares two numerics. */
static inline int
numeric_order(Datum a, Datum b)
{
	return DatumGetInt32(numeric_call(numeric_cmp, a, b));
}

/* Returns a numeric as text. */
static char *
numeric_text(Datum number)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, number));
}

/* Returns a power of ten. */
static Datum
numeric_ten_to(int exponent)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(psprintf("1e%d", exponent)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* Tells whether a numeric is NaN or infinite. */
static bool
numeric_is_special(Datum number)
{
	return numeric_is_nan(DatumGetNumeric(number)) || numeric_is_inf(DatumGetNumeric(number));
}

/* Checks an amount that is to be divided. */
void
allocate_check_amount(Datum amount)
{
	if (numeric_is_special(amount))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount must be finite: %s", numeric_text(amount))));
}

/* Checks the unit of the shares. */
void
allocate_check_unit(Datum unit)
{
	if (numeric_is_special(unit) || numeric_order(unit, numeric_whole(0)) <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unit must be greater than zero: %s", numeric_text(unit))));
}

/* Checks a weight; positions count from 1. */
void
allocate_check_weight(Datum weight, int position)
{
	if (numeric_is_special(weight) || numeric_order(weight, numeric_whole(0)) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weight must not be negative or infinite: %s", numeric_text(weight)),
						errdetail("It is weight number %d.", position)));
}

/* Reads what is to become of an amount when all weights are zero. */
AllocateAllZero
allocate_all_zero(const char *name)
{
	if (strcmp(name, "error") == 0)
		return ALLOCATE_ALL_ZERO_ERROR;
	if (strcmp(name, "equal") == 0)
		return ALLOCATE_ALL_ZERO_EQUAL;
	if (strcmp(name, "unallocated") == 0)
		return ALLOCATE_ALL_ZERO_UNALLOCATED;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("all_zero must be \"error\", \"equal\" or \"unallocated\": \"%s\"", name)));
}

/* Returns how many decimals a number needs. */
static int
numeric_decimals(Datum number)
{
	return DatumGetInt32(DirectFunctionCall1(numeric_min_scale, number));
}

/* Makes a number whole by a power of ten that is large enough for it. */
static Datum
numeric_make_whole(Datum number, Datum power)
{
	return numeric_call(numeric_trunc, numeric_call(numeric_mul, number, power), Int32GetDatum(0));
}

/* Makes the weights of a task whole, and adds them up; all 1 where zeros are to be equal shares. */
static void
whole_task_weigh(const AllocateTask *task, WholeTask *whole)
{
	int scale = 0;
	Datum power;
	bool equal;

	for (int i = 0; i < task->count; i++)
		scale = Max(scale, numeric_decimals(task->weights[i]));
	power = numeric_ten_to(scale);
	whole->weights = palloc_extended(task->count * sizeof(Datum), MCXT_ALLOC_HUGE);
	whole->total = numeric_whole(0);
	for (int i = 0; i < task->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		whole->weights[i] = numeric_make_whole(task->weights[i], power);
		whole->total = numeric_call(numeric_add, whole->total, whole->weights[i]);
	}
	equal = task->all_zero == ALLOCATE_ALL_ZERO_EQUAL &&
			numeric_order(whole->total, numeric_whole(0)) == 0;
	for (int i = 0; i < task->count && equal; i++)
		whole->weights[i] = numeric_whole(1);
	if (equal)
		whole->total = numeric_whole(task->count);
}

/* Brings a task to whole numbers. Shares get the decimals that the unit is written with, or more. */
static void
whole_task_make(const AllocateTask *task, WholeTask *whole)
{
	int unit_scale = DatumGetInt32(DirectFunctionCall1(numeric_scale, task->unit));
	Datum power;

	whole->scale = Max(unit_scale, numeric_decimals(task->amount));
	power = numeric_ten_to(whole->scale);
	whole->negative = numeric_order(task->amount, numeric_whole(0)) < 0;
	whole->amount = numeric_make_whole(DirectFunctionCall1(numeric_abs, task->amount), power);
	whole->unit = numeric_make_whole(task->unit, power);
	whole_task_weigh(task, whole);
}

/* Reads a whole number that is not negative; false if allocate() cannot take it. */
static bool
numeric_fits(Datum number, uint64 *result)
{
	if (numeric_order(number, numeric_whole((int64) ALLOCATE_MAX)) > 0)
		return false;
	*result = (uint64) DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	return true;
}

/* Divides in whole numbers of 63 bits, into shares; false when they do not fit. */
static bool
whole_task_divide_fast(const WholeTask *whole, int count, Datum *shares)
{
	uint64 *weights;
	uint64 *fast_shares;
	uint64 amount;
	uint64 unit;
	uint64 total;

	if (!numeric_fits(whole->amount, &amount) || !numeric_fits(whole->unit, &unit) ||
		!numeric_fits(whole->total, &total))
		return false;
	weights = palloc_extended(count * sizeof(uint64), MCXT_ALLOC_HUGE);
	fast_shares = palloc_extended(count * sizeof(uint64), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
		(void) numeric_fits(whole->weights[i], &weights[i]); /* it is not above the total */
	allocate(amount, unit, total, weights, count, fast_shares);
	for (int i = 0; i < count; i++)
	{
		int64 share = whole->negative ? -(int64) fast_shares[i] : (int64) fast_shares[i];

		CHECK_FOR_INTERRUPTS();
		shares[i] = NumericGetDatum(int64_div_fast_to_numeric(share, whole->scale));
	}
	pfree(weights);
	pfree(fast_shares);
	return true;
}

/* Orders places as in allocate.c. */
static int
numeric_place_compare(const void *a, const void *b)
{
	const NumericPlace *left = a;
	const NumericPlace *right = b;
	int order;

	CHECK_FOR_INTERRUPTS();
	order = numeric_order(right->remainder, left->remainder);
	return order != 0 ? order : left->position - right->position;
}

/* Divides as allocate() does, in numeric, into shares that are 10^scale times what they are. */
static void
whole_task_divide_exactly(const WholeTask *whole, int count, Datum *shares)
{
	NumericPlace *places = palloc_extended(count * sizeof(NumericPlace), MCXT_ALLOC_HUGE);
	Datum parts = numeric_call(numeric_mul, whole->unit, whole->total);
	Datum left = whole->amount;

	for (int i = 0; i < count; i++)
	{
		Datum quota = numeric_call(numeric_mul, whole->amount, whole->weights[i]);

		CHECK_FOR_INTERRUPTS();
		shares[i] =
			numeric_call(numeric_mul, numeric_call(numeric_div_trunc, quota, parts), whole->unit);
		left = numeric_call(numeric_sub, left, shares[i]);
		places[i].remainder = numeric_call(numeric_mod, quota, parts);
		places[i].position = i;
	}
	qsort(places, count, sizeof(NumericPlace), numeric_place_compare);
	for (int i = 0; numeric_order(left, numeric_whole(0)) > 0; i++)
	{
		Datum *share = &shares[places[i].position];
		Datum last = numeric_order(left, whole->unit) < 0 ? left : whole->unit;

		CHECK_FOR_INTERRUPTS();
		*share = numeric_call(numeric_add, *share, last);
		left = numeric_call(numeric_sub, left, last);
	}
	pfree(places);
}

/* Brings shares of whole_task_divide_exactly() to what they are, with the sign of the amount. */
static void
whole_task_finish(const WholeTask *whole, int count, Datum *shares)
{
	Datum power = numeric_ten_to(-whole->scale);

	if (whole->negative)
		power = DirectFunctionCall1(numeric_uminus, power);
	for (int i = 0; i < count; i++)
		shares[i] = numeric_call(numeric_mul, shares[i], power);
}

/*
 * Divides an amount; the shares add up to it, unless all weights are zero and it is to stay
 * unallocated. Everything in the task must have been checked. 22023: all weights are zero.
 */
Datum *
allocate_numeric(const AllocateTask *task)
{
	Datum *shares = palloc_extended(task->count * sizeof(Datum), MCXT_ALLOC_HUGE);
	WholeTask whole;

	whole_task_make(task, &whole);
	if (numeric_order(whole.total, numeric_whole(0)) == 0)
	{
		if (task->all_zero == ALLOCATE_ALL_ZERO_ERROR)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("weights must not all be zero"),
							errhint("With all_zero => 'equal' the shares are equal, with "
									"'unallocated' they are zero.")));
		for (int i = 0; i < task->count; i++)
			shares[i] = NumericGetDatum(int64_div_fast_to_numeric(0, whole.scale));
	}
	else if (!whole_task_divide_fast(&whole, task->count, shares))
	{
		whole_task_divide_exactly(&whole, task->count, shares);
		whole_task_finish(&whole, task->count, shares);
	}
	return shares;
}
