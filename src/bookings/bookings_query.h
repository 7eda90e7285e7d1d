/*
 * bookings_query.h
 *	  Rows that might be booked, from a query of the caller's.
 */
#ifndef SP71_BOOKINGS_QUERY_H
#define SP71_BOOKINGS_QUERY_H

#include "sp71_steering.h"

#include "mapping/mapping.h"

/* Is called with each row, counted from 1, and what it points to is good until it returns. */
typedef void (*BookingsReceiver)(void *context, const MappedRow *row, int64 number);

extern void bookings_query_run(const char *query, int nargs, Oid *types, Datum *values,
							   BookingsReceiver receive, void *context);

#endif
