/*
 * query_join.h
 *	  By what a joined table of a query is joined.
 */
#ifndef SP71_QUERY_JOIN_H
#define SP71_QUERY_JOIN_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern bool query_join_is_by(const BookingQuery *query, int index, const AttrNumber *columns);
extern AttrNumber query_join_column(const BookingQuery *query, int index,
									const AttrNumber *columns);
extern void query_join_check(const BookingQuery *query, bool notices);
extern void query_join_find_buckets(BookingQuery *query);

#endif
