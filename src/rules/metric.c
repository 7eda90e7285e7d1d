/*
 * metric.c
 *	  What a cap can limit: the properties of each metric, and its name.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "rules/metric.h"

/* Where sums, usage and arguments have a metric. */
#define METRIC_KEPT_AS(member)                                                                     \
	.sum = offsetof(UsageSum, member), .usage = offsetof(Usage, member),                           \
	.part = offsetof(MetricParts, member)

const MetricProperties metric_properties[] = {
	[METRIC_BUDGET] = {.name = "budget",
					   .sqlstate = ERRCODE_BUDGET_CAP_EXCEEDED,
					   .adds_up = true,
					   METRIC_KEPT_AS(amount)},
	[METRIC_VOLUME] = {.name = "volume",
					   .sqlstate = ERRCODE_VOLUME_CAP_EXCEEDED,
					   .adds_up = false,
					   METRIC_KEPT_AS(volume)},
};

StaticAssertDecl(lengthof(metric_properties) == METRIC_COUNT, "a metric has no properties");

/* Finds the metric with a name; false: there is none. */
bool
metric_parse(const char *name, size_t length, Metric *metric)
{
	for (int i = 0; i < METRIC_COUNT; i++)
		if (strlen(metric_properties[i].name) == length &&
			memcmp(metric_properties[i].name, name, length) == 0)
		{
			*metric = i;
			return true;
		}
	return false;
}

/* Finds the metric that somebody named; 22023: there is none. */
Metric
metric_check(const char *name, size_t length)
{
	Metric metric;

	if (!metric_parse(name, length, &metric))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric must be %s: \"%s\"", metric_names(), pnstrdup(name, length))));
	return metric;
}

/* Turns the name of a metric, as stored, into the metric. */
Metric
metric_of(Datum name)
{
	text *stored = DatumGetTextPP(name);
	Metric metric;

	/* The CHECK of steering.cap lets in no other, unless SQL is newer than this library. */
	if (!metric_parse(VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored), &metric))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("metric \"%s\" of a cap is unknown", text_to_cstring(stored))));
	return metric;
}

/* Returns the names of all, as a message lists what may be given: "budget" or "volume". */
const char *
metric_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < METRIC_COUNT; i++)
		appendStringInfo(&names, "%s\"%s\"",
						 i == 0                  ? ""
						 : i == METRIC_COUNT - 1 ? _(" or ")
												 : ", ",
						 metric_name(i));
	return names.data;
}
