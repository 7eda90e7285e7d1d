/*
 * order_difference.h
 *	  Order lines that are not what the rows of sources say.
 */
#ifndef SP71_ORDER_DIFFERENCE_H
#define SP71_ORDER_DIFFERENCE_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "nodes/execnodes.h"

extern bool order_difference_mend(JudgeWhen when, ReturnSetInfo *result);

#endif
