/*
 * query_need.h
 *	  What queries are made of besides their tables: functions, operators and types, and what these are made of.
 */
#ifndef SP71_QUERY_NEED_H
#define SP71_QUERY_NEED_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern List *query_need_touched(void);

#endif
