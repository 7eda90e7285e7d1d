/*
 * comparison_pair.c
 *	  What is known of the pairs of a service and a participant, by the numbers of their usage.
 */
#include "postgres.h"

#include "comparison/comparison.h"

/* Returns what is known of a pair by its number. Good until the next call for a newer one. */
ComparisonPair *
comparison_pair(Comparison *comparison, int32 index)
{
	if (index >= comparison->room)
	{
		while (index >= comparison->room)
			comparison->room *= 2;
		comparison->pairs =
			repalloc_huge(comparison->pairs, (Size) comparison->room * sizeof(ComparisonPair));
	}
	if (index >= comparison->count)
	{
		memset(&comparison->pairs[comparison->count], 0,
			   (Size) (index + 1 - comparison->count) * sizeof(ComparisonPair));
		comparison->count = index + 1;
	}
	return &comparison->pairs[index];
}
