/*
 * order_foreseen.h
 *	  What bookings would release of order lines, for dry runs.
 */
#ifndef SP71_ORDER_FORESEEN_H
#define SP71_ORDER_FORESEEN_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/order_change.h"

/* What would be wrong with an order line. */
typedef enum OrderFault
{
	ORDER_UNKNOWN,       /* it is not there, and rows release it */
	ORDER_KEY_LONG,      /* its key is too long, so it cannot be there */
	ORDER_SEVERAL_PLACES /* rows of several services, participants, days or sources have its key */
} OrderFault;

/* Is called with each change of an order line with which something is wrong. */
typedef void (*OrderFaultReceiver)(void *context, const OrderChange *change, OrderFault fault);

extern DeltaBatch *order_lines_foresee(List *all, OrderFaultReceiver receive, void *context);

#endif
