/*
 * distributed_query.h
 *	  Queries over tables whose rows Citus keeps in shards: what is done on the coordinator.
 */
#ifndef SP71_DISTRIBUTED_QUERY_H
#define SP71_DISTRIBUTED_QUERY_H

#include "sp71_steering.h"

#include "queries/attach_query_request.h"

extern void distributed_query_check_participant(const BookingQuery *query,
												const AttrNumber *columns);
extern void distributed_query_check(const BookingQuery *query);
extern void distributed_query_lock(const AttachQuery *attach);
extern void distributed_query_attach(const AttachQuery *attach, const BookingQuery *query);
extern bool distributed_query_detach(Oid relid);

#endif
