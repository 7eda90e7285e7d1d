/*
 * risk_simulation.c
 *	  What risks cost together, drawn many times: seeded, in whole numbers only.
 *
 * In each draw each risk occurs with its probability, independently of the others, and then costs an
 * amount of a triangular distribution between low and high that is densest at likely. It is drawn
 * without a root or a rounded product, as low + (high - likely) * min(u, v) + (likely - low) *
 * max(u, v) with uniform u and v (W. E. Stein, M. F. Keblis, A new method to simulate the triangular
 * distribution, 2009). So the same seed gives the same totals on every machine.
 *
 * The generator is the server's xoroshiro128**. A risk takes three numbers in each draw whether it
 * occurs or not: another probability or amount for one risk leaves the luck of all others as it was.
 */
#include "postgres.h"

#include <math.h>

#include "common/pg_prng.h"
#include "miscadmin.h"

#include "risk/risk_simulation.h"

#define ST_SORT risk_sort_totals
#define ST_ELEMENT_TYPE Amount
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Makes a risk for drawing: a probability from 0 to 1, and low <= likely <= high. */
Risk
risk_make(double probability, Amount low, Amount likely, Amount high)
{
	Risk risk;

	Assert(probability >= 0 && probability <= 1 && low <= likely && likely <= high);
	risk.certain = probability >= 1;
	risk.occurs_below = risk.certain ? 0 : (uint64) ldexp(probability, 64);
	risk.low = low;
	risk.below_likely = (uint64) likely - (uint64) low;
	risk.above_likely = (uint64) high - (uint64) likely;
	return risk;
}

/* Draws what a risk costs: 0 if it does not occur. */
static inline Amount
risk_draw(const Risk *risk, pg_prng_state *generator)
{
	uint64 luck = pg_prng_uint64(generator);
	uint64 u = pg_prng_uint64(generator);
	uint64 v = pg_prng_uint64(generator);
	uint128 above_low;

	if (!risk->certain && luck >= risk->occurs_below)
		return 0;
	above_low = (uint128) risk->above_likely * Min(u, v) + (uint128) risk->below_likely * Max(u, v);
	return (Amount) ((uint64) risk->low + (uint64) (above_low >> 64));
}

/*
 * Draws totals, and sorts them. No draw may overflow: the largest amounts of all risks, without their
 * signs, must add up to an amount.
 */
void
risk_simulate(const Risk *risks, int count, uint64 seed, int draws, Amount *totals)
{
	pg_prng_state generator;

	pg_prng_seed(&generator, seed);
	for (int i = 0; i < draws; i++)
	{
		Amount total = 0;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < count; j++)
			total += risk_draw(&risks[j], &generator);
		totals[i] = total;
	}
	risk_sort_totals(totals, draws);
}
