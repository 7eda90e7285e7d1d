/*
 * pairs_write.h
 *	  Making the booking table of a query equal to what rows come to now, and booking the difference.
 */
#ifndef SP71_PAIRS_WRITE_H
#define SP71_PAIRS_WRITE_H

#include "sp71_steering.h"

#include "access/tupdesc.h"
#include "queries/booking_query.h"
#include "utils/tuplestore.h"

/* How what pairs differ in is booked. */
typedef enum PairsBooking
{
	PAIRS_UNBOOKED,     /* not at all: the source is counted as a whole */
	PAIRS_OF_STATEMENT, /* with all else that the statement books */
	PAIRS_OF_TRUNCATE,  /* judged when the transaction commits */
	PAIRS_OF_COMMAND,   /* judged at once */
	PAIRS_ACCEPTED      /* whatever caps say: it was so already */
} PairsBooking;

/* Pairs that differ, as query_sql_pairs() puts them out. */
typedef struct DifferingPairs
{
	const BookingQuery *query;
	TupleDesc desc;        /* NULL: nothing was read yet */
	Tuplestorestate *rows; /* NULL: they are only counted */
	int64 count;
} DifferingPairs;

extern void pairs_write(const DifferingPairs *pairs, PairsBooking booking);

#endif
