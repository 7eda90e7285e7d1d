/*
 * query_locks_sql.h
 *	  The SQL that finds what is to be locked for rows of a query that were touched.
 */
#ifndef SP71_QUERY_LOCKS_SQL_H
#define SP71_QUERY_LOCKS_SQL_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern char *query_locks_sql(const BookingQuery *query, int touched);
extern bool query_locks_sql_has_rows(const BookingQuery *query, int touched, int index);

#endif
