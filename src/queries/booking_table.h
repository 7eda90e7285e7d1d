/*
 * booking_table.h
 *	  The booking table of a query: how it is made and dropped.
 *
 * One row for each row of the first table that counts: its primary key, and what it comes to. It belongs to the owner
 * of that table, nobody else has a right on it, and it is dropped with that table.
 */
#ifndef SP71_BOOKING_TABLE_H
#define SP71_BOOKING_TABLE_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern Oid booking_table_create(const BookingQuery *query, const char *name);
extern void booking_table_check(const BookingQuery *query);
extern void booking_table_depend(const BookingQuery *query);
extern void booking_table_own(const BookingQuery *query);
extern void booking_table_drop(Oid relid);

#endif
