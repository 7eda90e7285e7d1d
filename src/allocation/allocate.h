/*
 * allocate.h
 *	  Dividing an amount by weights so that the shares add up to it: the arithmetic in whole numbers.
 *	  Knows nothing of fmgr, tables or the rest of the extension.
 */
#ifndef SP71_ALLOCATE_H
#define SP71_ALLOCATE_H

#include "postgres.h"

/* Numbers up to this may be handed to allocate(); products of two fit in 128 bits. */
#define ALLOCATE_MAX ((uint64) PG_INT64_MAX)

extern void allocate(uint64 amount, uint64 unit, uint64 total, const uint64 *weights, int count,
					 uint64 *shares);

#endif
