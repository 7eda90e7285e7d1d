/*
 * sp71_steering.h
 *	  What every file of the extension may rely on.
 */
#ifndef SP71_STEERING_H
#define SP71_STEERING_H

#include "postgres.h"

#include "compat.h"

#define STEERING_SCHEMA "steering"

/* sp71_steering.check_at: when a change is judged against the ladders */
typedef enum CheckAt
{
	CHECK_AT_STATEMENT,
	CHECK_AT_COMMIT
} CheckAt;

extern int steering_check_at; /* a CheckAt, set by the GUC */
extern int steering_max_stripes;
extern int steering_min_stripes;

#endif
