/*
 * mapping_numeric.h
 *	  Amounts of the numbers that stand in rows: of numerics, and of whole numbers.
 */
#ifndef SP71_MAPPING_NUMERIC_H
#define SP71_MAPPING_NUMERIC_H

#include "sp71_steering.h"

#include "catalog/pg_type.h"

#include "types/amount.h"

extern void mapping_numeric_try(void);
extern Amount mapping_numeric_amount(Datum numeric);

/* Makes an amount of a value of a type of whole numbers; false: the type is none. 22003: it does not fit. */
static inline bool
mapping_integer_amount(Oid type, Datum value, Amount *amount)
{
	switch (type)
	{
		case INT2OID:
			*amount = amount_from_int64(DatumGetInt16(value));
			return true;
		case INT4OID:
			*amount = amount_from_int64(DatumGetInt32(value));
			return true;
		case INT8OID:
			*amount = amount_from_int64(DatumGetInt64(value));
			return true;
		default:
			return false;
	}
}

#endif
