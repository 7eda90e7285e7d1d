/*
 * statement.h
 *	  What the running statement books, collected over all its triggers.
 */
#ifndef SP71_STATEMENT_H
#define SP71_STATEMENT_H

#include "sp71_steering.h"

#include "bookings/delta.h"

extern DeltaBatch *statement_begin(Mapping *mapping);
extern bool statement_has_batches(void);
extern void statement_end(DeltaBatch *batch);
extern void statement_queue(void);
extern void statement_write_queued(void);
extern void statement_abort_level(int level);
extern void statement_commit_level(int level);
extern void statement_forget_all(void);

#endif
