/*
 * query_place.c
 *	  The places in which tables stand in a query, and which of them are headers; see query_place.h.
 */
#include "postgres.h"

#include "nodes/bitmapset.h"
#include "optimizer/optimizer.h"

#include "queries/query_place.h"

/* Returns the index of the next place of the table that stands in one; -1: there is none. */
int
query_place_next(const BookingQuery *query, int index)
{
	for (int i = index + 1; i < query->tables; i++)
		if (query->table[i].first == query->table[index].first)
			return i;
	return -1;
}

/* Tells whether an expression reads a table, by its index. */
static bool
query_place_is_read(Node *expression, int index)
{
	return bms_is_member(index + 1, pull_varnos(NULL, expression));
}

/* Tells whether a table has a say in whether, when and as what a row counts. */
static bool
query_place_is_decisive(const BookingQuery *query, int index)
{
	return query_place_is_read(query->counts, index) ||
		   query_place_is_read(query->columns[QUERY_BOOKED_ON], index) ||
		   query_place_is_read(query->columns[QUERY_STAGE], index);
}

/* Tells whether something makes a table a header that is none yet: a place of it, or what is joined behind it. */
static bool
query_place_becomes_header(const BookingQuery *query, int index)
{
	if (query->table[index].is_header)
		return false;
	for (int i = 1; i < query->tables; i++)
		if (query->table[i].is_header && (query->table[i].first == query->table[index].first ||
										  query_place_is_read(query->table[i].condition, index)))
			return true;
	return query_place_is_decisive(query, index);
}

/*
 * Finds out which joined tables are headers: what is decisive is changed for many rows of the first table at once, by
 * whoever changes these as well. What stands between these and a header is one too. So are all places of its table:
 * who changes a row locks it in one way.
 */
void
query_place_find_headers(BookingQuery *query)
{
	bool found;

	do
	{
		found = false;
		for (int i = query->tables - 1; i > 0; i--)
			if (query_place_becomes_header(query, i))
				query->table[i].is_header = found = true;
	} while (found);
}
