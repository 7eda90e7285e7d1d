/*
 * closed_days.h
 *	  The days on which what was spent may not change, since their period is closed.
 */
#ifndef SP71_CLOSED_DAYS_H
#define SP71_CLOSED_DAYS_H

#include "sp71_steering.h"

#include "datatype/timestamp.h"
#include "utils/date.h"

/* A closed period. */
typedef struct ClosedRange
{
	int32 closing_id;
	DateADT first_day;
	DateADT end_day; /* exclusive */
	DateADT reach;   /* the latest end of this one and of those before it */
	TimestampTz closed_at;
} ClosedRange;

/* All of them, in the order of their first days. */
typedef struct ClosedDays
{
	int count;
	ClosedRange ranges[FLEXIBLE_ARRAY_MEMBER];
} ClosedDays;

extern ClosedDays *closed_days_load(void);
extern ClosedDays *closed_days_copy(MemoryContext context, const ClosedDays *days);
extern DateADT closed_days_end(const ClosedDays *days);
extern const ClosedRange *closed_days_find(const ClosedDays *days, DateADT day);

#endif
