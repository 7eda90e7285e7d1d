/*
 * pair_index.c
 *	  Makes the table in which pairs of a service and a participant are looked up; see pair_index.h.
 */
#include "postgres.h"

#include "reports/pair_index.h"
#include "utils/memutils.h"

#define PAIR_LINES_AT_FIRST 64

/* Makes an empty index in the current context. No id is -1. */
PairIndex *
pair_index_create(void)
{
	PairIndex *pairs = palloc0(sizeof(PairIndex));

	pairs->context = CurrentMemoryContext;
	pairs->services.all = pair_lines_create(pairs->context, PAIR_LINES_AT_FIRST, NULL);
	pairs->participants.all = pair_lines_create(pairs->context, PAIR_LINES_AT_FIRST, NULL);
	memset(pairs->services.last, -1, sizeof(pairs->services.last));
	memset(pairs->participants.last, -1, sizeof(pairs->participants.last));
	pairs->room = PAIR_LINES_AT_FIRST;
	pairs->rows = palloc0(pairs->room * sizeof(PairRow));
	return pairs;
}

/* Returns an array with more room, what is new in it zero. */
static void *
pair_index_grow(PairIndex *pairs, void *array, int32 room, int32 more, Size size)
{
	char *grown = MemoryContextAllocHuge(pairs->context, (Size) more * size);

	memset(grown + (Size) room * size, 0, (Size) (more - room) * size);
	if (room > 0)
	{
		memcpy(grown, array, (Size) room * size);
		pfree(array);
	}
	return grown;
}

/* Makes the place of a row and a column. */
int32 *
pair_index_make(PairIndex *pairs, int32 row, int32 column)
{
	int32 number = column / PAIR_BLOCK;
	PairRow *blocks;

	if (row >= pairs->room)
	{
		int32 more = Max(row + 1, 2 * pairs->room);

		pairs->rows = pair_index_grow(pairs, pairs->rows, pairs->room, more, sizeof(PairRow));
		pairs->room = more;
	}
	blocks = &pairs->rows[row];
	if (number >= blocks->room)
	{
		int32 more = Max(number + 1, 2 * blocks->room);

		blocks->blocks =
			pair_index_grow(pairs, blocks->blocks, blocks->room, more, sizeof(int32 *));
		blocks->room = more;
	}
	if (blocks->blocks[number] == NULL)
		blocks->blocks[number] = MemoryContextAllocZero(pairs->context, PAIR_BLOCK * sizeof(int32));
	return &blocks->blocks[number][column % PAIR_BLOCK];
}
