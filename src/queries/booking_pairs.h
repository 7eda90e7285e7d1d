/*
 * booking_pairs.h
 *	  What rows of the first table of a query come to now, beside what stands of them in its booking table: found, and
 *	  made equal.
 */
#ifndef SP71_BOOKING_PAIRS_H
#define SP71_BOOKING_PAIRS_H

#include "sp71_steering.h"

#include "queries/pairs_write.h"
#include "queries/query_plan.h"

extern void booking_pairs_follow(BookingQuery *query, QueryForm form, int touched,
								 TouchedRows *rows, PairsBooking booking);
extern int64 booking_pairs_count(BookingQuery *query);

#endif
