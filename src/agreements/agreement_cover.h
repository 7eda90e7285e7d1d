/*
 * agreement_cover.h
 *	  Which agreement covers what was booked.
 */
#ifndef SP71_AGREEMENT_COVER_H
#define SP71_AGREEMENT_COVER_H

#include "sp71_steering.h"

#include "reports/usage_between.h"

/* Forms of agreements; their names are in cover_forms. */
typedef enum CoverForm
{
	COVER_LUMP_SUM,
	COVER_PRICE_VOLUME,
	COVER_BASE_PLUS,
	COVER_KEY_SHARE,
	COVER_FORMS /* how many there are */
} CoverForm;

/* An agreement, or that somebody below a group shares the cost of a service (agreement_id 0). */
typedef struct CoverAgreement
{
	int32 agreement_id;
	int32 service_id;
	CoverForm form;
	DateADT first_day;
	DateADT end_day;
	int32 next; /* of the same pair; -1: none */
} CoverAgreement;

/* What was booked for a pair of a service and a participant, in months in which the same agreements hold. */
typedef struct CoveredUsage
{
	Pair pair;
	DateADT first_month;
	DateADT end_month;
	const UsageSum *actual;
	const CoverAgreement *agreement; /* NULL: none covers it */
} CoveredUsage;

typedef void (*CoverVisitor)(const CoveredUsage *covered, void *context);

extern const char *const cover_forms[COVER_FORMS];

extern int128 cover_visit(DateADT first_day, DateADT end_day, CoverVisitor visit, void *context);

#endif
