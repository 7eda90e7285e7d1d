/*
 * indicator.h
 *	  What is measured against a target: attainment, and the incentive that it gives. Knows nothing
 *	  of fmgr and of tables.
 */
#ifndef SP71_INDICATOR_H
#define SP71_INDICATOR_H

#include "sp71_steering.h"

#include "types/amount.h"

/* Which way is good. */
typedef enum Direction
{
	DIRECTION_HIGHER,
	DIRECTION_LOWER
} Direction;

extern bool direction_parse(const char *string, Direction *result);
extern const char *direction_name(Direction direction);

/* In hundredths of a percent. */
extern int128 indicator_attainment(Amount measured, Amount target, Direction direction);
extern Datum attainment_to_numeric(int128 attainment);

#endif
