/*
 * query_cache.h
 *	  Which queries a table stands in: cached per backend.
 */
#ifndef SP71_QUERY_CACHE_H
#define SP71_QUERY_CACHE_H

#include "sp71_steering.h"

#include "queries/booking_query.h"
#include "utils/relcache.h"

/* A query in which a table stands. */
typedef struct QueryUse
{
	BookingQuery *query;
	int index; /* of the table in it, where it stands first; see query_place.h */
} QueryUse;

extern void query_cache_register_callbacks(void);
extern bool query_cache_next(Relation rel, int32 source_id, QueryUse *use);

#endif
