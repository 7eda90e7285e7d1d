/*
 * transaction_rows.c
 *	  Rows of one kind that a transaction keeps in memory: found by key, and undone by subtransaction.
 *
 * The rows stand in an array, in the order in which they were made, and are found through a hash of their
 * positions. What a subtransaction changes is saved first, in an undo log that only grows at its end: when
 * the subtransaction aborts, its part of the log is played back; when it commits, its part becomes its
 * parent's, and is dropped where the parent is the transaction itself, which is undone as a whole.
 *
 * All of it lives in TopTransactionContext. A row stays where it is until another one is made.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "ledger/transaction_rows.h"

#define ROWS_AT_FIRST 4
#define PROBE (-1) /* instead of a position: the key that is looked for */

/* Finds the position of a row. */
typedef struct RowPlace
{
	int position;
	uint32 hash;
	char status;
} RowPlace;

/* How a row was before a subtransaction changed it; the row itself stands in the log of saved rows. */
typedef struct RowUndo
{
	int position;
	int level;
	bool existed;
} RowUndo;

struct place_hash_hash;

struct TransactionRows
{
	TransactionRowShape shape;
	struct place_hash_hash *places;
	const void *probe;
	char *rows;
	int used;
	int room;
	RowUndo *undo;
	char *saved; /* a row for each of undo */
	int undo_used;
	int undo_room;
};

static inline const void *row_key(const TransactionRows *rows, int position);
static inline uint32 row_hash(const TransactionRows *rows, const void *key);

#define SH_PREFIX place_hash
#define SH_ELEMENT_TYPE RowPlace
#define SH_KEY_TYPE int
#define SH_KEY position
#define SH_HASH_KEY(tb, k) row_hash((tb)->private_data, row_key((tb)->private_data, k))
#define SH_EQUAL(tb, a, b)                                                                         \
	(memcmp(row_key((tb)->private_data, a), row_key((tb)->private_data, b),                        \
			((TransactionRows *) (tb)->private_data)->shape.key_size) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Returns the row at a position. */
static inline char *
row_at(const TransactionRows *rows, int position)
{
	return rows->rows + (Size) position * rows->shape.row_size;
}

/* Returns the key of the row at a position, or the key that is looked for. */
static inline const void *
row_key(const TransactionRows *rows, int position)
{
	return position == PROBE ? rows->probe : row_at(rows, position) + rows->shape.key_offset;
}

/* Returns the hash of a key. */
static inline uint32
row_hash(const TransactionRows *rows, const void *key)
{
	if (rows->shape.key_size == sizeof(uint32))
		return murmurhash32(*(const uint32 *) key);
	return hash_bytes(key, rows->shape.key_size);
}

/* Makes an empty list of rows of this shape. */
TransactionRows *
transaction_rows_create(const TransactionRowShape *shape)
{
	TransactionRows *rows = MemoryContextAllocZero(TopTransactionContext, sizeof(TransactionRows));

	rows->shape = *shape;
	rows->room = ROWS_AT_FIRST;
	rows->rows = MemoryContextAlloc(TopTransactionContext, rows->room * shape->row_size);
	rows->places = place_hash_create(TopTransactionContext, ROWS_AT_FIRST, rows);
	return rows;
}

/* Finds the place of a key; NULL: there is no such row. */
static inline RowPlace *
row_place(TransactionRows *rows, const void *key, uint32 hash)
{
	rows->probe = key;
	return place_hash_lookup_hash(rows->places, PROBE, hash);
}

/* Saves a row, or that it was not there, for when the subtransaction of this level aborts. */
static void
row_save(TransactionRows *rows, int position, bool existed, int level)
{
	Size size = rows->shape.row_size;
	RowUndo *undo;

	if (rows->undo == NULL)
	{
		rows->undo_room = ROWS_AT_FIRST;
		rows->undo = MemoryContextAlloc(TopTransactionContext, rows->undo_room * sizeof(RowUndo));
		rows->saved = MemoryContextAlloc(TopTransactionContext, rows->undo_room * size);
	}
	else if (rows->undo_used == rows->undo_room)
	{
		rows->undo_room *= 2;
		rows->undo = repalloc_huge(rows->undo, rows->undo_room * sizeof(RowUndo));
		rows->saved = repalloc_huge(rows->saved, rows->undo_room * size);
	}
	undo = &rows->undo[rows->undo_used];
	undo->position = position;
	undo->level = level;
	undo->existed = existed;
	if (existed)
		memcpy(rows->saved + rows->undo_used * size, row_at(rows, position), size);

	/* Only now: the saved copy keeps the level of before, which the undo brings back. */
	((TransactionRow *) row_at(rows, position))->saved_level = level;
	rows->undo_used++;
}

/* Saves a row before the present subtransaction changes it for the first time. */
static inline void
row_save_once(TransactionRows *rows, int position, bool existed)
{
	int level = GetCurrentTransactionNestLevel();

	if (level > 1 &&
		!(existed && ((TransactionRow *) row_at(rows, position))->saved_level >= level))
		row_save(rows, position, existed, level);
}

/* Appends a row of which nothing is known but its key, and returns its position. */
static int
row_append(TransactionRows *rows, const void *key, uint32 hash)
{
	int position = rows->used;
	char *row;
	bool found;

	if (position == rows->room)
	{
		rows->room *= 2;
		rows->rows = repalloc_huge(rows->rows, rows->room * rows->shape.row_size);
	}
	row = row_at(rows, position);
	memset(row, 0, rows->shape.row_size);
	memcpy(row + rows->shape.key_offset, key, rows->shape.key_size);
	((TransactionRow *) row)->saved_level = 1;

	/* Where there is no memory for its place, the row is not there. */
	(void) place_hash_insert_hash(rows->places, position, hash, &found);
	Assert(!found);
	rows->used++;
	return position;
}

/* Removes the row that was made last. */
static void
row_remove_last(TransactionRows *rows)
{
	place_hash_delete(rows->places, rows->used - 1);
	rows->used--;
}

/*
 * Returns the row of a key, made if there is none, to be changed: a rollback of the present
 * subtransaction restores it. Good until another row is made. *made: it was not there, and is zero but for
 * its key.
 */
void *
transaction_rows_get(TransactionRows *rows, const void *key, bool *made)
{
	uint32 hash = row_hash(rows, key);
	RowPlace *place = row_place(rows, key, hash);
	bool existed = place != NULL;
	int position = existed ? place->position : row_append(rows, key, hash);

	row_save_once(rows, position, existed);
	*made = !existed;
	return row_at(rows, position);
}

/* Returns the row of a key, to be read; NULL: there is none, or there are no rows. */
void *
transaction_rows_find(const TransactionRows *rows, const void *key)
{
	RowPlace *place;

	if (rows == NULL)
		return NULL;
	place = row_place(unconstify(TransactionRows *, rows), key, row_hash(rows, key));
	return place == NULL ? NULL : row_at(rows, place->position);
}

/* Has a rollback of the present subtransaction restore a row that is about to be changed. */
void
transaction_rows_touch(TransactionRows *rows, void *row)
{
	row_save_once(rows, (int) (((char *) row - rows->rows) / rows->shape.row_size), true);
}

/* Returns how many rows there are. */
int
transaction_rows_count(const TransactionRows *rows)
{
	return rows == NULL ? 0 : rows->used;
}

/* Returns the row at a position, from 0 in the order in which they were made. */
void *
transaction_rows_at(const TransactionRows *rows, int position)
{
	Assert(position >= 0 && position < rows->used);
	return row_at(rows, position);
}

/* Undoes what an aborted subtransaction did. */
void
transaction_rows_abort(TransactionRows *rows, int level)
{
	while (rows->undo_used > 0 && rows->undo[rows->undo_used - 1].level >= level)
	{
		RowUndo *undo = &rows->undo[--rows->undo_used];

		if (undo->existed)
			memcpy(row_at(rows, undo->position),
				   rows->saved + rows->undo_used * rows->shape.row_size, rows->shape.row_size);
		else
		{
			Assert(undo->position == rows->used - 1);
			row_remove_last(rows);
		}
	}
}

/*
 * Gives the undo log of a committed subtransaction to its parent. What the parent has saved itself is
 * dropped; everything is, where the parent is the transaction.
 */
void
transaction_rows_commit(TransactionRows *rows, int level)
{
	Size size = rows->shape.row_size;
	int first = rows->undo_used;
	int kept;

	while (first > 0 && rows->undo[first - 1].level >= level)
		first--;
	kept = first;
	for (int i = first; i < rows->undo_used; i++)
	{
		RowUndo undo = rows->undo[i];
		TransactionRow *saved = (TransactionRow *) (rows->saved + i * size);

		((TransactionRow *) row_at(rows, undo.position))->saved_level = level - 1;
		/* What the parent has saved of this row is older, so it is what the parent goes back to. */
		if (level - 1 == 1 || (undo.existed && saved->saved_level >= level - 1))
			continue;
		undo.level = level - 1;
		rows->undo[kept] = undo;
		memmove(rows->saved + kept * size, saved, size);
		kept++;
	}
	rows->undo_used = kept;
}
