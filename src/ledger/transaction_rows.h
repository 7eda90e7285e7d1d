/*
 * transaction_rows.h
 *	  Rows of one kind that a transaction keeps in memory: found by key, and undone by subtransaction.
 */
#ifndef SP71_TRANSACTION_ROWS_H
#define SP71_TRANSACTION_ROWS_H

#include "sp71_steering.h"

/* The kinds. Who keeps rows of a kind says how they look: see transaction_rows_of(). */
typedef enum TransactionKind
{
	TRANSACTION_COUNTERS,       /* ChangedCounter */
	TRANSACTION_CELLS,          /* ChangedCell */
	TRANSACTION_CLOSED_CHANGES, /* ClosedChange */
	TRANSACTION_NOTIFICATIONS,  /* EventNotification */
	TRANSACTION_KINDS           /* how many there are */
} TransactionKind;

/* What each row begins with; its key follows. */
typedef struct TransactionRow
{
	int saved_level; /* the subtransaction since whose start the row is saved */
} TransactionRow;

/* How rows of a kind look. */
typedef struct TransactionRowShape
{
	Size key_offset;
	Size key_size; /* compared byte by byte */
	Size row_size;
} TransactionRowShape;

/* The shape of a type whose member "key" is the key. */
#define TRANSACTION_ROW_SHAPE(type)                                                                \
	{                                                                                              \
		offsetof(type, key), sizeof(((type *) NULL)->key), sizeof(type)                            \
	}

typedef struct TransactionRows TransactionRows;

extern TransactionRows *transaction_rows_create(const TransactionRowShape *shape);
extern void *transaction_rows_get(TransactionRows *rows, const void *key, bool *made);
extern void *transaction_rows_find(const TransactionRows *rows, const void *key);
extern void transaction_rows_touch(TransactionRows *rows, void *row);
extern int transaction_rows_count(const TransactionRows *rows);
extern void *transaction_rows_at(const TransactionRows *rows, int position);
extern void transaction_rows_abort(TransactionRows *rows, int level);
extern void transaction_rows_commit(TransactionRows *rows, int level);

#endif
