/*
 * transaction.c
 *	  What a transaction has changed and what it owes at its end: rows of several kinds.
 *
 * They are of one installation of the extension, known by its table of counters: where a transaction drops
 * the extension and creates it again, what comes after begins with nothing, and a rollback to before that
 * brings back what was.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/transaction.h"
#include "own.h"

typedef struct Transaction
{
	TransactionRows *rows[TRANSACTION_KINDS]; /* NULL: none of that kind */
	Oid counters;                             /* the table of the installation */
	int level;                                /* of the subtransaction that this began in */
	struct Transaction *outer;                /* what a rollback to before that brings back */
} Transaction;

static Transaction *transaction = NULL; /* in TopTransactionContext; NULL: nothing was changed */

/* Tells whether anything was changed of the extension as it is installed now. */
static inline bool
transaction_is_present(void)
{
	return transaction != NULL && own_was_relation(transaction->counters, OWN_CAP_COUNTER);
}

/* Begins with nothing, for the extension as it is installed now. */
static void
transaction_begin(void)
{
	Transaction *begun = MemoryContextAllocZero(TopTransactionContext, sizeof(Transaction));

	begun->counters = own_relation(OWN_CAP_COUNTER);
	begun->level = GetCurrentTransactionNestLevel();
	begun->outer = transaction;
	transaction = begun;
}

/* Returns the rows of a kind, which have this shape; an empty list of them at first use. */
TransactionRows *
transaction_rows_of(TransactionKind kind, const TransactionRowShape *shape)
{
	if (unlikely(!transaction_is_present()))
		transaction_begin();
	if (unlikely(transaction->rows[kind] == NULL))
		transaction->rows[kind] = transaction_rows_create(shape);
	return transaction->rows[kind];
}

/* Returns the rows of a kind; NULL: there are none. */
TransactionRows *
transaction_rows_if_any(TransactionKind kind)
{
	return transaction_is_present() ? transaction->rows[kind] : NULL;
}

/* Tells whether anything was changed at all. */
bool
transaction_has_changes(void)
{
	return transaction != NULL;
}

/*
 * Tells the running statement apart from others of the transaction: by its snapshot, which all its
 * triggers share. One that changed anything uses up its id.
 */
CommandId
transaction_statement(void)
{
	return ActiveSnapshotSet() ? GetActiveSnapshot()->curcid : InvalidCommandId;
}

/* Undoes what an aborted subtransaction did, even where it dropped the extension and created it again. */
void
transaction_abort_level(int level)
{
	Assert(level > 1);
	while (transaction != NULL && transaction->outer != NULL && transaction->level >= level)
		transaction = transaction->outer;
	for (int i = 0; transaction != NULL && i < TRANSACTION_KINDS; i++)
		if (transaction->rows[i] != NULL)
			transaction_rows_abort(transaction->rows[i], level);
}

/* Gives what a committed subtransaction did to its parent. */
void
transaction_commit_level(int level)
{
	Assert(level > 1);
	for (Transaction *each = transaction; each != NULL; each = each->outer)
	{
		each->level = Min(each->level, level - 1);
		for (int i = 0; i < TRANSACTION_KINDS; i++)
			if (each->rows[i] != NULL)
				transaction_rows_commit(each->rows[i], level);
	}
}

/* Forgets everything when the transaction is over; the memory goes with the transaction's. */
void
transaction_forget(void)
{
	transaction = NULL;
}
