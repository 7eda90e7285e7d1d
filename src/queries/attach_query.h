/*
 * attach_query.h
 *	  How the rows of a join become a source of bookings.
 */
#ifndef SP71_ATTACH_QUERY_H
#define SP71_ATTACH_QUERY_H

#include "sp71_steering.h"

#include "queries/attach_query_request.h"

extern int32 attach_query(AttachQuery *attach);

#endif
