/*
 * allocate_sql.c
 *	  allocate() over an array, allocate_agg() over the rows of a group, allocated() over those of a
 *	  window's partition.
 *
 * In rows the amount stands in each of them, and must be the same in all. Unit and all_zero are taken
 * from the first row: they are constants in any sensible query.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "windowapi.h"

#include "allocation/allocate_numeric.h"
#include "call.h"

/* Arguments of allocate() and allocated(), in order; those of allocate_agg() stand behind its state. */
enum
{
	ALLOCATE_AMOUNT,
	ALLOCATE_WEIGHT,
	ALLOCATE_UNIT,
	ALLOCATE_ALL_ZERO
};

/* The rows of a group or partition, as far as they were seen. */
typedef struct AllocateRows
{
	MemoryContext context; /* of all that is in here */
	bool amount_is_null;
	AllocateTask task;
	int room; /* for weights */
} AllocateRows;

/* What allocated() keeps for the rows of a partition. */
typedef struct AllocatedShares
{
	bool done;
	Datum *shares; /* NULL: the amount is null */
} AllocatedShares;

PG_FUNCTION_INFO_V1(steering_allocate);
PG_FUNCTION_INFO_V1(steering_allocate_accumulate);
PG_FUNCTION_INFO_V1(steering_allocate_rows);
PG_FUNCTION_INFO_V1(steering_allocated);

/* Reads unit and all_zero into a task. */
static void
allocate_read_terms(AllocateTask *task, NullableDatum unit, NullableDatum all_zero)
{
	call_check_not_null(unit.isnull, "unit");
	call_check_not_null(all_zero.isnull, "all_zero");
	allocate_check_unit(unit.value);
	task->unit = unit.value;
	task->all_zero = allocate_all_zero(TextDatumGetCString(all_zero.value));
}

/* Reads the weights of allocate() into a task. */
static void
allocate_read_weights(AllocateTask *task, ArrayType *array)
{
	bool *nulls;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("weights must be an array of one dimension")));
	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &task->weights, &nulls,
					  &task->count);
	if (task->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("weights must not be empty")));
	for (int i = 0; i < task->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		call_check_not_null(nulls[i], "weight");
		allocate_check_weight(task->weights[i], i + 1);
	}
}

/* Returns the shares of a task as an array. */
static Datum
allocate_to_array(const AllocateTask *task)
{
	Datum *shares = allocate_numeric(task);

	return PointerGetDatum(
		construct_array(shares, task->count, NUMERICOID, -1, false, TYPALIGN_INT));
}

/* allocate(amount, weights, unit, all_zero) */
Datum
steering_allocate(PG_FUNCTION_ARGS)
{
	AllocateTask task;

	call_check_not_null(PG_ARGISNULL(ALLOCATE_WEIGHT), "weights");
	allocate_read_terms(&task, fcinfo->args[ALLOCATE_UNIT], fcinfo->args[ALLOCATE_ALL_ZERO]);
	allocate_read_weights(&task, PG_GETARG_ARRAYTYPE_P(ALLOCATE_WEIGHT));
	if (PG_ARGISNULL(ALLOCATE_AMOUNT))
		PG_RETURN_NULL();
	task.amount = PG_GETARG_DATUM(ALLOCATE_AMOUNT);
	allocate_check_amount(task.amount);
	return allocate_to_array(&task);
}

/* Returns a copy of a numeric in the memory of the rows. */
static Datum
allocate_rows_copy(const AllocateRows *rows, Datum number)
{
	MemoryContext outer = MemoryContextSwitchTo(rows->context);
	Datum copy = datumCopy(number, false, -1);

	MemoryContextSwitchTo(outer);
	return copy;
}

/* Takes from the first row what is the same in all. */
static void
allocate_rows_begin(AllocateRows *rows, MemoryContext context, NullableDatum amount,
					NullableDatum unit, NullableDatum all_zero)
{
	memset(rows, 0, sizeof(AllocateRows));
	rows->context = context;
	allocate_read_terms(&rows->task, unit, all_zero);
	rows->task.unit = allocate_rows_copy(rows, unit.value);
	rows->amount_is_null = amount.isnull;
	if (!amount.isnull)
	{
		allocate_check_amount(amount.value);
		rows->task.amount = allocate_rows_copy(rows, amount.value);
	}
	rows->room = 16;
	rows->task.weights = MemoryContextAlloc(context, rows->room * sizeof(Datum));
}

/* Adds the weight of a row, and checks that the amount is that of the others. */
static void
allocate_rows_add(AllocateRows *rows, NullableDatum amount, NullableDatum weight)
{
	AllocateTask *task = &rows->task;

	if (amount.isnull != rows->amount_is_null ||
		(!amount.isnull &&
		 !DatumGetBool(DirectFunctionCall2(numeric_eq, amount.value, task->amount))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("amount must be the same in all rows that it is divided among"),
						errhint("Group or partition the rows by what has the amount.")));
	call_check_not_null(weight.isnull, "weight");
	allocate_check_weight(weight.value, task->count + 1);
	if (task->count == rows->room)
	{
		rows->room *= 2;
		task->weights = repalloc_huge(task->weights, rows->room * sizeof(Datum));
	}
	task->weights[task->count++] = allocate_rows_copy(rows, weight.value);
}

/* Adds one row of a group. Without the last two arguments they have the values of allocate(). */
Datum
steering_allocate_accumulate(PG_FUNCTION_ARGS)
{
	NullableDatum *args = &fcinfo->args[1];
	AllocateRows *rows;
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (PG_ARGISNULL(0))
	{
		NullableDatum unit = {NumericGetDatum(int64_div_fast_to_numeric(1, 2)), false};
		NullableDatum all_zero = {CStringGetTextDatum("error"), false};

		if (PG_NARGS() > 3)
		{
			unit = args[ALLOCATE_UNIT];
			all_zero = args[ALLOCATE_ALL_ZERO];
		}
		rows = MemoryContextAlloc(context, sizeof(AllocateRows));
		allocate_rows_begin(rows, context, args[ALLOCATE_AMOUNT], unit, all_zero);
	}
	else
		rows = (AllocateRows *) PG_GETARG_POINTER(0);
	allocate_rows_add(rows, args[ALLOCATE_AMOUNT], args[ALLOCATE_WEIGHT]);
	PG_RETURN_POINTER(rows);
}

/* Ends allocate_agg(): null without rows, or without an amount. Leaves the state as it is. */
Datum
steering_allocate_rows(PG_FUNCTION_ARGS)
{
	AllocateRows *rows = PG_ARGISNULL(0) ? NULL : (AllocateRows *) PG_GETARG_POINTER(0);

	if (rows == NULL || rows->amount_is_null)
		PG_RETURN_NULL();
	return allocate_to_array(&rows->task);
}

/* Returns a copy of an argument of a row of the partition: the next look at any row may free the original. */
static NullableDatum
allocated_argument(WindowObject window, int argument, int64 row)
{
	NullableDatum value;
	bool outside;

	value.value = WinGetFuncArgInPartition(window, argument, row, WINDOW_SEEK_HEAD, false,
										   &value.isnull, &outside);
	Assert(!outside);
	if (!value.isnull)
		value.value = datumCopy(value.value, false, -1);
	return value;
}

/* Frees such a copy. */
static void
allocated_free(NullableDatum value)
{
	if (!value.isnull)
		pfree(DatumGetPointer(value.value));
}

/* Divides the amount among all rows of the partition; the shares stay in context. */
static void
allocated_divide(WindowObject window, AllocatedShares *result, MemoryContext context)
{
	int64 count = WinGetPartitionRowCount(window);
	AllocateRows rows;

	if (count > PG_INT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("cannot divide an amount among more than %d rows", PG_INT32_MAX)));
	allocate_rows_begin(&rows, CurrentMemoryContext, allocated_argument(window, ALLOCATE_AMOUNT, 0),
						allocated_argument(window, ALLOCATE_UNIT, 0),
						allocated_argument(window, ALLOCATE_ALL_ZERO, 0));
	for (int64 i = 0; i < count; i++)
	{
		NullableDatum amount = allocated_argument(window, ALLOCATE_AMOUNT, i);
		NullableDatum weight = allocated_argument(window, ALLOCATE_WEIGHT, i);

		CHECK_FOR_INTERRUPTS();
		allocate_rows_add(&rows, amount, weight);
		allocated_free(amount);
		allocated_free(weight);
	}
	if (!rows.amount_is_null)
	{
		Datum *shares = allocate_numeric(&rows.task);
		MemoryContext outer = MemoryContextSwitchTo(context);

		result->shares = palloc_extended(count * sizeof(Datum), MCXT_ALLOC_HUGE);
		for (int64 i = 0; i < count; i++)
			result->shares[i] = datumCopy(shares[i], false, -1);
		MemoryContextSwitchTo(outer);
	}
	result->done = true;
}

/* allocated(amount, weight, unit, all_zero) OVER (...) */
Datum
steering_allocated(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	AllocatedShares *result = WinGetPartitionLocalMemory(window, sizeof(AllocatedShares));
	int64 row = WinGetCurrentPosition(window);

	if (!result->done)
		allocated_divide(window, result, GetMemoryChunkContext(result));
	WinSetMarkPosition(window, row);
	if (result->shares == NULL)
		PG_RETURN_NULL();
	return datumCopy(result->shares[row], false, -1);
}
