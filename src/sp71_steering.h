/*
 * sp71_steering.h
 *	  What every file of the extension may rely on.
 */
#ifndef SP71_STEERING_H
#define SP71_STEERING_H

#include "postgres.h"

#include "compat.h"

#define STEERING_SCHEMA "steering"

#endif
