/*
 * compact.h
 *	  Folding the stripes of counters and usage cells, and deleting cells of which nothing is left.
 */
#ifndef SP71_COMPACT_H
#define SP71_COMPACT_H

#include "sp71_steering.h"

extern int64 compact_here(void);

#endif
