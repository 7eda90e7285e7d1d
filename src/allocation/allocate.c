/*
 * allocate.c
 *	  Dividing an amount by weights so that the shares add up to it: the largest remainder method
 *	  (Hamilton, Hare-Niemeyer) in whole numbers.
 *
 * The quota of a place is amount * weight / total. Each place gets the whole units of its quota; the
 * units that are left go one by one to the places with the largest remainders, of equal ones to the
 * first. What is finer than the unit comes last: it is the end of the last unit, a broken one.
 *
 * There is always a place with a remainder for what is left: the remainders add up to it, and each
 * is less than a unit. So no share is a unit away from its quota, and a place without weight gets
 * nothing.
 *
 * Memory is in the current context.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "allocation/allocate.h"

/* What is left of the quota of a place, in units / (unit * total). */
typedef struct AllocatePlace
{
	uint128 remainder;
	int position;
} AllocatePlace;

/* Orders places by remainder, the largest first, and then by position. */
static int
allocate_compare(const void *a, const void *b)
{
	const AllocatePlace *left = a;
	const AllocatePlace *right = b;

	if (left->remainder != right->remainder)
		return left->remainder > right->remainder ? -1 : 1;
	return left->position - right->position;
}

/*
 * Divides an amount among count places. total is the sum of the weights and not zero; the unit is
 * not zero; none is above ALLOCATE_MAX. The shares add up to the amount.
 */
void
allocate(uint64 amount, uint64 unit, uint64 total, const uint64 *weights, int count, uint64 *shares)
{
	AllocatePlace *places = palloc_extended(count * sizeof(AllocatePlace), MCXT_ALLOC_HUGE);
	uint128 parts = (uint128) unit * total; /* of which a unit of quota is made */
	uint64 left = amount;

	Assert(unit > 0 && total > 0);
	for (int i = 0; i < count; i++)
	{
		uint128 quota = (uint128) amount * weights[i];

		CHECK_FOR_INTERRUPTS();
		shares[i] = (uint64) (quota / parts) * unit;
		left -= shares[i];
		places[i].remainder = quota % parts;
		places[i].position = i;
	}
	qsort(places, count, sizeof(AllocatePlace), allocate_compare);
	for (int i = 0; left > 0; i++)
	{
		uint64 last = Min(left, unit);

		Assert(i < count && places[i].remainder > 0);
		shares[places[i].position] += last;
		left -= last;
	}
	pfree(places);
}
