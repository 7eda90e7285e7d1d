/*
 * statement.h
 *	  What the running statement books, collected over all its triggers.
 */
#ifndef SP71_STATEMENT_H
#define SP71_STATEMENT_H

#include "sp71_steering.h"

#include "bookings/delta.h"

extern void statement_register_callbacks(void);
extern DeltaBatch *statement_begin(Mapping *mapping);
extern void statement_forget(DeltaBatch *batch);
extern void statement_queue(DeltaBatch *batch);
extern void statement_write_queued(void);

#endif
