/*
 * unwritten.h
 *	  Writing what the transaction has changed of counters and usage cells and not yet written.
 */
#ifndef SP71_UNWRITTEN_H
#define SP71_UNWRITTEN_H

#include "sp71_steering.h"

extern void unwritten_write(void);
extern void unwritten_flush(void);

#endif
