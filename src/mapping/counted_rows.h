/*
 * counted_rows.h
 *	  Rows that are read to count what is used.
 */
#ifndef SP71_COUNTED_ROWS_H
#define SP71_COUNTED_ROWS_H

#include "sp71_steering.h"

extern uint64 counted_rows_execute(const char *query, int nargs, Oid *types, Datum *values,
								   const char *nulls);
extern bool counted_rows_may_be_written(void);
extern void counted_rows_check(Oid relid);

#endif
