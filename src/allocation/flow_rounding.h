/*
 * flow_rounding.h
 *	  Rounding numbers that balance so that they still do. Knows nothing of costs.
 */
#ifndef SP71_FLOW_ROUNDING_H
#define SP71_FLOW_ROUNDING_H

#include "postgres.h"

#define FLOW_PARTS ((int128) 1 << 30) /* parts of the whole that flows are rounded to */

/* What goes from one node to another. */
typedef struct Flow
{
	int from;
	int to;
	int128 value; /* in parts */
} Flow;

extern void flow_round(Flow *flows, int count, int nodes);

#endif
