/*
 * query_sql.h
 *	  The SQL that is run for queries of bookings. What a query means stands in it as columns of a table "sp71" that
 *	  is none: query_plan.c puts the trees there, so that names in them are never looked up again.
 */
#ifndef SP71_QUERY_SQL_H
#define SP71_QUERY_SQL_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

#define QUERY_TOUCHED "sp71_touched" /* the rows that were touched, of one table of the query */

/* For which rows of the first table it is asked what they come to. */
typedef enum QueryForm
{
	QUERY_OF_LINES,       /* those that were touched, each once */
	QUERY_OF_EITHER_LINE, /* those that were touched, some more than once */
	QUERY_OF_JOINED,      /* those that join rows of another table that were touched */
	QUERY_OF_JOINED_ONCE, /* the same, where no row can join two of these */
	QUERY_OF_ALL,
	QUERY_OF_ALL_NEW, /* all, none of which stands in the booking table; whoever reads them looks at promises */
	QUERY_LOCKS /* no pairs: what is to be locked of the tables that rows were joined with */
} QueryForm;

extern char *query_sql_pairs(const BookingQuery *query, QueryForm form, int touched);
extern Node *query_sql_tree(const BookingQuery *query, const char *name);
extern char *query_sql_name(Oid relid);
extern Bitmapset *query_sql_path(const BookingQuery *query, int index);

/* What query_sql_pairs() puts out, in the order of its columns, from 0 on. */
static inline int
query_sql_values(const BookingQuery *query)
{
	int count = 0;

	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		count += query->columns[column] != NULL;
	return count;
}

static inline int
query_sql_present(const BookingQuery *query)
{
	return query->keys;
}

static inline int
query_sql_now(const BookingQuery *query)
{
	return query->keys + 1;
}

static inline int
query_sql_tid(const BookingQuery *query)
{
	return query_sql_now(query) + query_sql_values(query);
}

static inline int
query_sql_before(const BookingQuery *query)
{
	return query_sql_tid(query) + 1;
}

static inline int
query_sql_matches(const BookingQuery *query)
{
	return query_sql_before(query) + query_sql_values(query);
}

#endif
