/*
 * order_line_state.h
 *	  What changes make of an order line, and what is released of it then.
 */
#ifndef SP71_ORDER_LINE_STATE_H
#define SP71_ORDER_LINE_STATE_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/order_line_row.h"

extern bool order_line_apply(OrderLine *line, OrderChange *const *changes, int count);
extern bool order_line_misses(const OrderLine *line, const OrderChange *change);
extern void order_line_book(DeltaBatch *batch, const OrderLine *line, int sign);

#endif
