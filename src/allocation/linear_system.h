/*
 * linear_system.h
 *	  Simultaneous linear equations whose matrix is diagonally dominant by columns. Knows nothing of
 *	  costs.
 */
#ifndef SP71_LINEAR_SYSTEM_H
#define SP71_LINEAR_SYSTEM_H

#include "postgres.h"

/*
 * The greatest precision that the platform's floating point has. The memory of the server is aligned
 * less strictly than the compiler expects of the type.
 */
#ifdef pg_attribute_aligned
typedef long double Real pg_attribute_aligned(MAXIMUM_ALIGNOF);
#else
typedef long double Real;
#endif

/* Number of an equation or unknown that solving stopped at; none. */
#define LINEAR_SYSTEM_SOLVED (-1)

extern int linear_system_solve(const Real *matrix, const Real *right, int size, Real *solution);

#endif
