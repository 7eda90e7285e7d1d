/*
 * query_plan.h
 *	  Running the SQL of a query of bookings, in the name of the owner of its first table.
 */
#ifndef SP71_QUERY_PLAN_H
#define SP71_QUERY_PLAN_H

#include "sp71_steering.h"

#include "queries/query_sql.h"
#include "queries/touched_rows.h"
#include "tcop/dest.h"
#include "utils/snapshot.h"

/* What is to be run, and who gets the rows. */
typedef struct QueryRun
{
	BookingQuery *query;
	QueryForm form;
	int touched;       /* index of the table whose rows were touched */
	TouchedRows *rows; /* NULL: of all */
	Snapshot snapshot;
	DestReceiver *receiver;
} QueryRun;

extern void query_plan_push_context(ErrorContextCallback *callback, const BookingQuery *query);
extern void query_plan_run(QueryRun *run);
extern void query_plan_forget(BookingQuery *query);

#endif
