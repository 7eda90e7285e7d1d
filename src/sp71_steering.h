/*
 * sp71_steering.h
 *	  What every file of the extension may rely on.
 */
#ifndef SP71_STEERING_H
#define SP71_STEERING_H

#include "postgres.h"

#include "compat.h"

#define STEERING_SCHEMA "steering"

/* The class of warnings: what nobody is refused for, and somebody should look at. */
#define ERRCODE_STEERING_WARNING MAKE_SQLSTATE('0', '1', 'S', '7', '1')

#endif
