/*
 * mapping_numeric.h
 *	  Amounts of numerics as they stand in rows.
 */
#ifndef SP71_MAPPING_NUMERIC_H
#define SP71_MAPPING_NUMERIC_H

#include "sp71_steering.h"

#include "types/amount.h"

extern void mapping_numeric_try(void);
extern Amount mapping_numeric_amount(Datum numeric);

#endif
