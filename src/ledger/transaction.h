/*
 * transaction.h
 *	  What a transaction has changed and what it owes at its end: rows of several kinds.
 */
#ifndef SP71_TRANSACTION_H
#define SP71_TRANSACTION_H

#include "sp71_steering.h"

#include "ledger/transaction_rows.h"

extern TransactionRows *transaction_rows_of(TransactionKind kind, const TransactionRowShape *shape);
extern TransactionRows *transaction_rows_if_any(TransactionKind kind);
extern bool transaction_has_changes(void);
extern CommandId transaction_statement(void);
extern void transaction_abort_level(int level);
extern void transaction_commit_level(int level);
extern void transaction_forget(void);

#endif
