/*
 * query_difference.h
 *	  Booking tables that are not what their queries say: found for verify(), mended by repair().
 */
#ifndef SP71_QUERY_DIFFERENCE_H
#define SP71_QUERY_DIFFERENCE_H

#include "sp71_steering.h"

#include "nodes/execnodes.h"

extern void query_difference_mend(ReturnSetInfo *result);

#endif
