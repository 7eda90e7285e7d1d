/*
 * metric_sql.c
 *	  What a metric takes of what was booked, for queries that join caps with it.
 */
#include "sp71_steering.h"

#include "fmgr.h"

#include "rules/metric.h"

/*
 * Returns one of its arguments after the first, which names the metric. Nulls never come here. Like coalesce() it returns
 * a value just as it came, of whatever type: a month's amounts, or sums that fit into none.
 */
PG_FUNCTION_INFO_V1(steering_metric_part);
Datum
steering_metric_part(PG_FUNCTION_ARGS)
{
	text *name = PG_GETARG_TEXT_PP(0);
	Metric metric = metric_check(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	MetricParts parts = {.amount = PG_GETARG_DATUM(1), .volume = PG_GETARG_DATUM(2)};

	PG_RETURN_DATUM(metric_part(metric, &parts));
}
