/*
 * attach_query_request.h
 *	  What attach_query() was asked to do, and its dry run attach_query_problems(): their arguments are the same.
 */
#ifndef SP71_ATTACH_QUERY_REQUEST_H
#define SP71_ATTACH_QUERY_REQUEST_H

#include "sp71_steering.h"

#include "fmgr.h"
#include "queries/booking_query.h"
#include "sources/attach_request.h"

/* What attach_query() was asked to do. */
typedef struct AttachQuery
{
	const char *text;
	const char *stage;
	const char *unknown;
	const char *name; /* NULL: by the first table */
	bool accepts_overrun;
	bool is_trial;       /* nothing is to be said of it but what is wrong */
	bool is_shard;       /* its tables are shards, for which the coordinator asks */
	bool is_distributed; /* a table of it is managed by Citus */
	bool is_moved;       /* the coordinator gives up what its rows come to, in this transaction */
	List *headers;
	List *promised;
	Oid owner;
	Query *tree;
	List *trees; /* of each table of the join, itself and all that belong to it */
} AttachQuery;

extern void attach_query_read(FunctionCallInfo fcinfo, AttachQuery *attach);
extern void attach_query_resolve(AttachQuery *attach, LOCKMODE lockmode);
extern BookingQuery *attach_query_make(const AttachQuery *attach, const char *stage);
extern bool attach_query_has_stages(const AttachQuery *attach);
extern const char *attach_query_name(const AttachQuery *attach, Oid lines, bool is_second);
extern AttachRequest attach_query_request(const AttachQuery *attach, const BookingQuery *query,
										  const char *stage);

#endif
