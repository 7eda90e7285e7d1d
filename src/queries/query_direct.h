/*
 * query_direct.h
 *	  What it takes to read pairs of a query without SQL, made once and kept with the query.
 */
#ifndef SP71_QUERY_DIRECT_H
#define SP71_QUERY_DIRECT_H

#include "sp71_steering.h"

#include "access/skey.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "queries/booking_query.h"
#include "utils/relcache.h"

/* By what a row is found of its key. */
typedef struct DirectKey
{
	Oid index;
	ScanKeyData scan[INDEX_MAX_KEYS];
} DirectKey;

/* What it takes, kept with the query. */
typedef struct QueryDirect
{
	bool is_possible;
	int *first; /* by table: where its columns begin in a row of all */
	TupleTableSlot *row;
	TupleTableSlot *pair;
	ExprState *counts; /* NULL: each row counts */
	ExprState *values[QUERY_VALUES];
	ExprContext *econtext;
	DirectKey line;
	DirectKey booking;
} QueryDirect;

extern const QueryDirect *query_direct_of(BookingQuery *query, Relation *rels, Relation booking);

#endif
