/*
 * own_query.h
 *	  What queries of the extension may call that run as its owner.
 */
#ifndef SP71_OWN_QUERY_H
#define SP71_OWN_QUERY_H

#include "sp71_steering.h"

extern void own_query_register_hook(void);
extern void own_query_expect(const char *query);
extern uint64 own_query_read(const char *query, int nargs, Oid *types, Datum *values);

#endif
