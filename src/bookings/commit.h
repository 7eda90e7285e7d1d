/*
 * commit.h
 *	  What happens to bookings at the end of a transaction, and of a subtransaction.
 */
#ifndef SP71_COMMIT_H
#define SP71_COMMIT_H

#include "sp71_steering.h"

extern void commit_register_callbacks(void);

#endif
