/*
 * cap_list.h
 *	  The caps over a booking, read from steering.cap.
 */
#ifndef SP71_CAP_LIST_H
#define SP71_CAP_LIST_H

#include "sp71_steering.h"

#include "registers/register_node.h"
#include "rules/metric.h"
#include "utils/date.h"

/* A cap as structure: no number of it is cached here. */
typedef struct CapRef
{
	int32 cap_id;
	Metric metric;
	DateADT first_day;
	DateADT end_day; /* exclusive */
} CapRef;

/* The caps over one (service, participant), ordered by cap_id, of all dates. */
typedef struct CapList
{
	int count;
	CapRef caps[FLEXIBLE_ARRAY_MEMBER];
} CapList;

/* Columns of steering.cap. */
enum
{
	CAP_ID = 1,
	CAP_SERVICE,
	CAP_PARTICIPANT,
	CAP_METRIC,
	CAP_DURING,
	CAP_AMOUNT,
	CAP_LADDER,
	CAP_REVISION
};

/* A cap that a cache does not know, by what it stands over. */
typedef struct NewCap
{
	int32 cap_id;
	int32 service_id;
	int32 participant_id;
} NewCap;

extern CapList *cap_list_load(MemoryContext context, const RegisterNode *service,
							  const RegisterNode *participant);
extern int cap_list_read_new(int32 after, NewCap *caps, int limit);

#endif
