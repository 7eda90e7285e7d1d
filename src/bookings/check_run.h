/*
 * check_run.h
 *	  The dry run of a set of bookings.
 */
#ifndef SP71_CHECK_RUN_H
#define SP71_CHECK_RUN_H

#include "sp71_steering.h"

#include "nodes/execnodes.h"

extern void check_run_query(ReturnSetInfo *result, const char *query, int nargs, Oid *types,
							Datum *values);

#endif
