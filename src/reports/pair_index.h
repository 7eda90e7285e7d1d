/*
 * pair_index.h
 *	  Numbers the pairs of a service and a participant that come by, from 0 on: so what is known of
 *	  each stands in an array.
 *
 * Passes over a million rows look a pair up for each, so this is a table and no hash of pairs:
 * a row per service, and in it blocks of columns for participants, made when they are needed. Of the
 * registers that there are it takes a few hundred kilobytes, which stay in the processor's cache; a hash
 * of pairs took as much time as all the rest of the pass.
 */
#ifndef SP71_PAIR_INDEX_H
#define SP71_PAIR_INDEX_H

#include "sp71_steering.h"

#include "common/hashfn.h"
#include "utils/palloc.h"

#define PAIR_BLOCK 64
#define PAIR_LINES_AT_HAND 1024

typedef struct Pair
{
	int32 service_id;
	int32 participant_id;
} Pair;

/* The number of a row or column by the id of its service or participant, which is not negative. */
typedef struct PairLine
{
	int32 id;
	char status;
	int32 number;
} PairLine;

#define SH_PREFIX pair_lines
#define SH_ELEMENT_TYPE PairLine
#define SH_KEY_TYPE int32
#define SH_KEY id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Rows or columns, with the ones used last by the end of their ids. */
typedef struct PairLines
{
	pair_lines_hash *all;
	PairLine last[PAIR_LINES_AT_HAND];
} PairLines;

/* Blocks of a service's row; in them the numbers of pairs from 1 on, 0: none. */
typedef struct PairRow
{
	int32 **blocks;
	int32 room;
} PairRow;

typedef struct PairIndex
{
	MemoryContext context;
	PairRow *rows;
	int32 room;
	int32 count; /* of pairs */
	PairLines services;
	PairLines participants;
} PairIndex;

extern PairIndex *pair_index_create(void);
extern int32 *pair_index_make(PairIndex *pairs, int32 row, int32 column);

/* Returns the row or column of an id, a new one if it has none. */
static inline int32
pair_line(PairLines *lines, int32 id)
{
	PairLine *last = &lines->last[(uint32) id % PAIR_LINES_AT_HAND];
	PairLine *line;
	bool found;

	if (likely(last->id == id))
		return last->number;
	line = pair_lines_insert(lines->all, id, &found);
	if (!found)
		line->number = lines->all->members - 1;
	*last = *line;
	return line->number;
}

/* Returns the number of a pair, a new one if it has none. */
static inline int32
pair_index_add(PairIndex *pairs, Pair pair)
{
	int32 row = pair_line(&pairs->services, pair.service_id);
	int32 column = pair_line(&pairs->participants, pair.participant_id);
	int32 *place = NULL;

	if (likely(row < pairs->room && column / PAIR_BLOCK < pairs->rows[row].room))
		place = pairs->rows[row].blocks[column / PAIR_BLOCK];
	place = place == NULL ? pair_index_make(pairs, row, column) : &place[column % PAIR_BLOCK];
	if (*place == 0)
		*place = ++pairs->count;
	return *place - 1;
}

/* Returns the number of a pair, or -1. */
static inline int32
pair_index_find(PairIndex *pairs, Pair pair)
{
	const PairLine *row = pair_lines_lookup(pairs->services.all, pair.service_id);
	const PairLine *column = pair_lines_lookup(pairs->participants.all, pair.participant_id);
	const int32 *block;

	if (row == NULL || column == NULL || row->number >= pairs->room ||
		column->number / PAIR_BLOCK >= pairs->rows[row->number].room)
		return -1;
	block = pairs->rows[row->number].blocks[column->number / PAIR_BLOCK];
	return block == NULL ? -1 : block[column->number % PAIR_BLOCK] - 1;
}

#endif
