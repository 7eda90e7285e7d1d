/*
 * query_check.h
 *	  Whether the tables of a query can be joined so that each row of the first is one booking at most.
 */
#ifndef SP71_QUERY_CHECK_H
#define SP71_QUERY_CHECK_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern void query_check_key(BookingQuery *query);
extern void query_check_tables(const BookingQuery *query, List *trees);
extern void query_check_expressions(const BookingQuery *query);
extern bool query_check_is_said_by_foreign(const BookingQuery *query);
extern bool query_check_is_foreign(const BookingQuery *query);

#endif
