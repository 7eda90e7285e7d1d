/*
 * order_line.h
 *	  Order lines, and what is released of them.
 */
#ifndef SP71_ORDER_LINE_H
#define SP71_ORDER_LINE_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/order_change.h"

extern DeltaBatch *order_lines_book(List *batches);
extern DeltaBatch *order_lines_mend(OrderChanges *changes, bool books);

#endif
