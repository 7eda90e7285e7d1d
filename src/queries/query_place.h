/*
 * query_place.h
 *	  The places in which tables stand in a query, and which of them are headers.
 *
 * A joined table may stand in several, such as an account that a line debits and one that it credits: each is a table
 * of the join by itself, and a change of the table is one of all its places. The first table stands in one.
 */
#ifndef SP71_QUERY_PLACE_H
#define SP71_QUERY_PLACE_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern int query_place_next(const BookingQuery *query, int index);
extern void query_place_find_headers(BookingQuery *query);

#endif
