/*
 * usage_between.h
 *	  What was booked in a range of months: visits the usage cells, and sums them.
 */
#ifndef SP71_USAGE_BETWEEN_H
#define SP71_USAGE_BETWEEN_H

#include "sp71_steering.h"

#include "nodes/bitmapset.h"
#include "reports/pair_index.h"
#include "types/usage.h"
#include "utils/date.h"

#define USAGE_BATCH 64

/* A part of a usage cell: a stripe of it, or what is not written of it yet. */
typedef struct UsagePart
{
	Usage usage;
	Pair pair;
	DateADT month;
	bool is_commitment;
} UsagePart;

/* Gets up to USAGE_BATCH parts at once. */
typedef void (*UsageVisitor)(const UsagePart *parts, int count, void *context);

/* What was booked on a service for a participant. */
typedef struct UsageTotal
{
	Pair pair;
	UsageSum actual;
	UsageSum committed;
} UsageTotal;

/* Sums in an array that grows. */
typedef struct UsageTotals
{
	PairIndex *pairs;
	UsageTotal *list;
	int count;
	int room;
} UsageTotals;

/* usage_visit.c */
extern Bitmapset *usage_readable_participants(void);
extern Bitmapset *usage_wanted_participants(void);
extern void usage_visit(DateADT first_month, DateADT end_month, const Bitmapset *participants,
						UsageVisitor visit, void *context);

/* usage_wanted.c */
extern const Bitmapset *usage_want(const Bitmapset *participants);
extern bool usage_is_wanted(int32 participant_id);
extern Bitmapset *usage_leave_wanted(Bitmapset *participants);

/* usage_between.c */
extern UsageTotals *usage_totals_create(void);
extern int32 usage_total_of(UsageTotals *totals, Pair pair);
extern void usage_sum_parts(const UsagePart *parts, int count, void *totals);

#endif
