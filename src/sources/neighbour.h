/*
 * neighbour.h
 *	  The sources whose rows are read when the caps over another one are counted anew.
 */
#ifndef SP71_NEIGHBOUR_H
#define SP71_NEIGHBOUR_H

#include "sp71_steering.h"

extern void neighbour_lock(int32 source_id);
extern void neighbour_queue_up(int32 source_id);

#endif
