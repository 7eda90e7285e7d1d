/*
 * metric.h
 *	  What a cap can limit, and all that differs by it: a row of the table in metric.c for each.
 *
 *	  A new metric of what is summed already takes a name here and a row there; else usage.h has to keep its sum.
 *	  In SQL it stands in the CHECK of steering.cap. Queries that join caps with what was booked ask metric_part().
 */
#ifndef SP71_METRIC_H
#define SP71_METRIC_H

#include "sp71_steering.h"

#include "types/usage.h"

#define ERRCODE_BUDGET_CAP_EXCEEDED MAKE_SQLSTATE('2', '3', 'S', '7', '1')
#define ERRCODE_VOLUME_CAP_EXCEEDED MAKE_SQLSTATE('2', '3', 'S', '7', '2')

/* In the order in which reports have them; a new one goes to the end. */
typedef enum Metric
{
	METRIC_BUDGET,
	METRIC_VOLUME,
	METRIC_COUNT /* of them: keep it last */
} Metric;

/* On which metric a cap has to stand, where a service requires one. */
#define METRIC_REQUIRED METRIC_BUDGET

/* The arguments of steering.metric_part(): what is known of what was booked, in the order in which it has them. */
typedef struct MetricParts
{
	Datum amount;
	Datum volume;
} MetricParts;

typedef struct MetricProperties
{
	const char *name; /* as steering.cap has it */
	int sqlstate;     /* of a refusal by a cap on it */
	bool adds_up;     /* over services: money does, units of different services do not */
	size_t sum;       /* where a UsageSum has it, in an int128 */
	size_t usage;     /* where Usage has it, in an Amount */
	size_t part;      /* where MetricParts has it */
} MetricProperties;

extern const MetricProperties metric_properties[];

extern bool metric_parse(const char *name, size_t length, Metric *metric);
extern Metric metric_check(const char *name, size_t length);
extern Metric metric_of(Datum name);
extern const char *metric_names(void);

/* Returns the name of a metric. */
static inline const char *
metric_name(Metric metric)
{
	Assert(metric >= 0 && metric < METRIC_COUNT);
	return metric_properties[metric].name;
}

/* Returns the SQLSTATE of a refusal by a cap on a metric. */
static inline int
metric_sqlstate(Metric metric)
{
	return metric_properties[metric].sqlstate;
}

/* Tells whether what is booked on different services may be added up. */
static inline bool
metric_adds_up(Metric metric)
{
	return metric_properties[metric].adds_up;
}

/* Returns what a sum of changes has of a metric. */
static inline int128
metric_sum(Metric metric, const UsageSum *sum)
{
	Assert(metric >= 0 && metric < METRIC_COUNT);
	return *(const int128 *) ((const char *) sum + metric_properties[metric].sum);
}

/* Returns what usage has of a metric. */
static inline Amount
metric_usage(Metric metric, const Usage *usage)
{
	return *(const Amount *) ((const char *) usage + metric_properties[metric].usage);
}

/* Returns which of the arguments of steering.metric_part() is of a metric. */
static inline Datum
metric_part(Metric metric, const MetricParts *parts)
{
	return *(const Datum *) ((const char *) parts + metric_properties[metric].part);
}

#endif
