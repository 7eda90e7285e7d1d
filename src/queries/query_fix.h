/*
 * query_fix.h
 *	  Fixing the meaning of queries, as mapping_fix.h does of mappings.
 */
#ifndef SP71_QUERY_FIX_H
#define SP71_QUERY_FIX_H

#include "sp71_steering.h"

#include "queries/booking_query.h"

extern BookingQuery *query_fix_anew(BookingQuery *query, List *trees);

#endif
