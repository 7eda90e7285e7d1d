/*
 * subtransaction.h
 *	  Doing work in a subtransaction, and returning the error that ended it.
 */
#ifndef SP71_SUBTRANSACTION_H
#define SP71_SUBTRANSACTION_H

#include "sp71_steering.h"

/* How the subtransaction ends when the work has come to its end; with an error it is rolled back. */
typedef enum SubtransactionEnd
{
	SUBTRANSACTION_KEEP,
	SUBTRANSACTION_UNDO
} SubtransactionEnd;

typedef void (*SubtransactionWork)(void *argument);

extern ErrorData *subtransaction_do(SubtransactionWork work, void *argument, SubtransactionEnd end);
extern bool subtransaction_must_fail(const ErrorData *error);

#endif
