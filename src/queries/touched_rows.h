/*
 * touched_rows.h
 *	  The rows of a table of a query that a statement has touched in a way that matters to the query.
 */
#ifndef SP71_TOUCHED_ROWS_H
#define SP71_TOUCHED_ROWS_H

#include "sp71_steering.h"

#include "commands/trigger.h"
#include "queries/booking_query.h"
#include "utils/tuplestore.h"

typedef struct TouchedRows
{
	int index; /* of the table in the query */
	Oid relid; /* that table, whose columns the rows have */
	Tuplestorestate *rows;
	int64 count;
	bool has_new_keys;   /* rows can be joined by keys by which they could not before */
	bool has_keys_moved; /* a key of the first table can be there twice */
} TouchedRows;

extern TouchedRows *touched_rows_find(const BookingQuery *query, int index,
									  const TriggerData *trigger);
extern void touched_rows_end(TouchedRows *touched);

#endif
