/*
 * query_text.h
 *	  The text of a query of bookings: read, and written so that it means the same anywhere.
 */
#ifndef SP71_QUERY_TEXT_H
#define SP71_QUERY_TEXT_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern Oid query_text_lines(const char *text);
extern List *query_text_tables(const char *text);
extern Query *query_text_parse(const char *text, Oid owner);
extern Query *query_text_parse_pinned(const char *text, Oid owner);
extern char *query_text_print(const Query *tree);
extern void query_text_require(const BookingQuery *query, Oid owner);

#endif
