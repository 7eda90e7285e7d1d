/*
 * detach_query.h
 *	  How queries end.
 */
#ifndef SP71_DETACH_QUERY_H
#define SP71_DETACH_QUERY_H

#include "sp71_steering.h"

extern void detach_query(int32 source_id);
extern void detach_query_lost(void);

#endif
