/*
 * agreement_cover.h
 *	  Which agreement covers what was booked.
 */
#ifndef SP71_AGREEMENT_COVER_H
#define SP71_AGREEMENT_COVER_H

#include "sp71_steering.h"

#include "agreements/agreement.h"
#include "reports/register_tree.h"
#include "reports/usage_between.h"

/* The agreements of some months, and what was booked in these. In the memory of the call. */
typedef struct AgreementCover AgreementCover;

/* What was booked for a pair of a service and a participant, in months in which the same agreements hold. */
typedef struct CoveredUsage
{
	Pair pair;
	DateADT first_month;
	DateADT end_month;
	const UsageSum *actual;
	const Agreement *agreement; /* NULL: none covers it */
	bool is_shared_from_below;  /* it is of a participant below, who shares the cost by a key */
} CoveredUsage;

typedef void (*CoverVisitor)(const CoveredUsage *covered, void *context);

extern AgreementCover *agreement_cover_create(DateADT first_day, DateADT end_day,
											  RegisterTree *services, RegisterTree *participants);
extern AgreementCover *agreement_cover_read(DateADT first_day, DateADT end_day);
extern const Agreement *agreement_cover_list(const AgreementCover *cover, int32 *count);
extern void agreement_cover_read_usage(AgreementCover *cover, const Bitmapset *participants,
									   UsageTotals *totals);
extern int128 agreement_cover_booked(const AgreementCover *cover);
extern void agreement_cover_visit(const AgreementCover *cover, CoverVisitor visit, void *context);

#endif
