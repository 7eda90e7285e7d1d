/*
 * linear_system.c
 *	  Solves A x = b by LU decomposition, and checks the solution.
 *
 * A must be diagonally dominant by columns: no number on the diagonal is less than the others of its
 * column together. It stays so while it is decomposed, so the diagonal is what partial pivoting would
 * choose, and rows are never exchanged (Higham, Accuracy and Stability of Numerical Algorithms, 9.3).
 *
 * In long double, which has 64 bits of mantissa or more where the server usually runs, and in the
 * worst case those of double. Memory is that of the caller's context. Matrices are by rows.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "allocation/linear_system.h"

/* How much of b may be left, as part of the greatest number in its equation. */
#define TOLERANCE 1e-9L

/*
 * Decomposes a matrix in place: L below the diagonal, U on and above it. Returns the column without a
 * usable pivot, or LINEAR_SYSTEM_SOLVED.
 */
static int
decompose(Real *lu, int size)
{
	for (int k = 0; k < size; k++)
	{
		const Real *top = &lu[k * size];

		CHECK_FOR_INTERRUPTS();
		if (!isfinite(top[k]) || top[k] == 0)
			return k;
		for (int i = k + 1; i < size; i++)
		{
			Real *row = &lu[i * size];

			if (row[k] == 0)
				continue;
			row[k] /= top[k];
			for (int j = k + 1; j < size; j++)
				row[j] -= row[k] * top[j];
		}
	}
	return LINEAR_SYSTEM_SOLVED;
}

/* Solves L U x = b. */
static void
substitute(const Real *lu, int size, const Real *right, Real *solution)
{
	for (int i = 0; i < size; i++)
	{
		solution[i] = right[i];
		for (int j = 0; j < i; j++)
			solution[i] -= lu[i * size + j] * solution[j];
	}
	for (int i = size - 1; i >= 0; i--)
	{
		for (int j = i + 1; j < size; j++)
			solution[i] -= lu[i * size + j] * solution[j];
		solution[i] /= lu[i * size + i];
	}
}

/* Returns an equation that x does not hold in, or LINEAR_SYSTEM_SOLVED. */
static int
find_wrong(const Real *matrix, const Real *right, int size, const Real *solution)
{
	for (int i = 0; i < size; i++)
	{
		Real left = right[i];
		Real scale = fabsl(right[i]);

		for (int j = 0; j < size; j++)
		{
			Real part = matrix[i * size + j] * solution[j];

			left -= part;
			scale = fmaxl(scale, fabsl(part));
		}
		if (!(fabsl(left) <= scale * TOLERANCE)) /* also when it is not a number */
			return i;
	}
	return LINEAR_SYSTEM_SOLVED;
}

/*
 * Solves matrix * solution = right, of this size.
 *
 * Returns LINEAR_SYSTEM_SOLVED; or, when the matrix is singular or so near to it that the solution
 * does not hold, the number of an unknown or equation where that was found.
 */
int
linear_system_solve(const Real *matrix, const Real *right, int size, Real *solution)
{
	Size cells = (Size) size * size * sizeof(Real);
	Real *lu = palloc_extended(cells, MCXT_ALLOC_HUGE);
	int wrong;

	memcpy(lu, matrix, cells);
	wrong = decompose(lu, size);
	if (wrong == LINEAR_SYSTEM_SOLVED)
	{
		substitute(lu, size, right, solution);
		wrong = find_wrong(matrix, right, size, solution);
	}
	pfree(lu);
	return wrong;
}
