/*
 * allocate_numeric.h
 *	  Dividing a numeric amount by numeric weights, exactly.
 */
#ifndef SP71_ALLOCATE_NUMERIC_H
#define SP71_ALLOCATE_NUMERIC_H

#include "postgres.h"

/* What becomes of an amount when all weights are zero. */
typedef enum AllocateAllZero
{
	ALLOCATE_ALL_ZERO_ERROR,
	ALLOCATE_ALL_ZERO_EQUAL,
	ALLOCATE_ALL_ZERO_UNALLOCATED
} AllocateAllZero;

/* A division as it was asked for; the numbers are numeric. */
typedef struct AllocateTask
{
	Datum amount;
	Datum unit;
	AllocateAllZero all_zero;
	int count;
	Datum *weights;
} AllocateTask;

extern void allocate_check_amount(Datum amount);
extern void allocate_check_unit(Datum unit);
extern void allocate_check_weight(Datum weight, int position);
extern AllocateAllZero allocate_all_zero(const char *name);
extern Datum *allocate_numeric(const AllocateTask *task);

#endif
