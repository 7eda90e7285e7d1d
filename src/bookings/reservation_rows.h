/*
 * reservation_rows.h
 *	  Rows of steering.reservation, and of what was posted of them, as bookings.
 */
#ifndef SP71_RESERVATION_ROWS_H
#define SP71_RESERVATION_ROWS_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "own.h"

/* The columns that make a booking, as queries are to return them, from any column on. */
#define RESERVATION_ROW "service, participant, booked_on, amount, volume"

extern DeltaBatch *reservation_rows_begin(OwnRelation table);
extern void reservation_rows_add(DeltaBatch *batch, uint64 row, int column, int sign);

#endif
