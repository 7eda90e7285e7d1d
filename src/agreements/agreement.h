/*
 * agreement.h
 *	  An agreement: whose it is, when it holds, and its terms.
 *
 * Read from steering.agreement under the active snapshot, as the extension's owner: agreements take part
 * in what covers bookings whether the caller may read them or not.
 */
#ifndef SP71_AGREEMENT_H
#define SP71_AGREEMENT_H

#include "sp71_steering.h"

#include "agreements/agreement_form.h"
#include "reports/pair_index.h"
#include "types/amount.h"
#include "utils/date.h"

#define CENT (AMOUNT_SCALE / 100)

/* What was agreed, for all months of an agreement or for some of them; what is missing is 0. */
typedef struct AgreementTerms
{
	AgreementForm form;
	bool has_volume;
	bool has_price;
	bool has_agreed_cost;
	Amount base;
	Amount volume;
	Amount price; /* per unit */
	Amount agreed_cost;
} AgreementTerms;

typedef struct Agreement
{
	int32 agreement_id;
	int32 next; /* agreement_cover.c: number of the next one of the same pair; -1: none */
	Pair pair;
	DateADT first_day;
	DateADT end_day;
	AgreementTerms terms; /* for all of its months */
} Agreement;

typedef void (*AgreementVisitor)(const Agreement *agreement, void *context);

extern void agreement_visit(DateADT first_day, DateADT end_day, AgreementVisitor visit,
							void *context);
extern AgreementTerms agreement_terms_in(const Agreement *agreement, DateADT first_day,
										 DateADT end_day);

#endif
