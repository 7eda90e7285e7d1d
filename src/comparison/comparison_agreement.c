/*
 * comparison_agreement.c
 *	  What was agreed, and the bookings that it covers (see agreement_cover.c).
 *
 * All agreements take part in what covers a booking, also those that the caller may not read.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "agreements/agreement_charge.h"
#include "comparison/comparison_figures.h"

/* Reads the agreements that have a month in the period. */
void
comparison_read_agreements(Comparison *comparison)
{
	const Agreement *list;
	int32 count;

	comparison->cover = agreement_cover_create(comparison->first_day, comparison->end_day,
											   comparison->services, comparison->participants);
	list = agreement_cover_list(comparison->cover, &count);
	comparison->covered =
		palloc_extended((Size) Max(count, 1) * sizeof(UsageSum), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < count; i++)
	{
		int32 index = usage_total_of(comparison->usage, list[i].pair);
		ComparisonPair *pair = comparison_pair(comparison, index);

		CHECK_FOR_INTERRUPTS();
		pair->has_agreement = true;
		pair->agreement = i;
	}
}

/* Adds what was booked to what its agreement covers. Shared cost is under no agreement. */
static void
covered_add(const CoveredUsage *covered, void *context)
{
	Comparison *comparison = context;
	const Agreement *list;
	int32 count;

	if (covered->agreement == NULL || covered->is_shared_from_below)
		return;
	list = agreement_cover_list(comparison->cover, &count);
	usage_sum_add(&comparison->covered[covered->agreement - list], covered->actual);
}

/* Reads what was booked, and finds the agreements that cover it. */
void
comparison_read_usage(Comparison *comparison)
{
	int32 count;

	agreement_cover_read_usage(comparison->cover, comparison->readable, comparison->usage);
	(void) agreement_cover_list(comparison->cover, &count);
	if (count > 0)
		agreement_cover_visit(comparison->cover, covered_add, comparison);
}

/*
 * Adds an agreement to a sum. A price without a contracted volume is agreed for whatever volume it
 * becomes. A share of cost by a key has nothing that actual cost is compared with.
 */
static void
agreed_add(AgreedSum *agreed, const AgreementTerms *terms, const UsageSum *covered)
{
	AgreementOwed owed = agreement_traits(terms->form)->owed;
	AgreementCharge charge;

	if (owed == OWED_COST_SHARE)
		return;
	agreed->count++;
	if (!amount_fits(covered->volume))
	{
		agreed->is_too_large = true;
		return;
	}
	charge = agreement_charge(terms, covered->volume);
	agreed->cost += terms->has_agreed_cost ? terms->agreed_cost : charge.agreed + charge.excess;
	agreed->covered += covered->amount;
	agreed->covered_volume += covered->volume;
	agreed->flexible += charge.agreed + charge.excess;
	if (terms->has_price)
		agreed_sum_add_price(agreed, terms->price);
	if (!terms->has_volume)
		return;
	agreed->has_volume = true;
	agreed->volume += terms->volume;
	if (owed == OWED_PRICE)
	{
		agreed->priced_cost += terms->agreed_cost;
		agreed->priced_volume += terms->volume;
	}
}

/* Returns the sum of the agreements of a pair. */
AgreedSum
comparison_agreed(const Comparison *comparison, const ComparisonPair *pair)
{
	AgreedSum agreed = {0};
	int32 count;
	const Agreement *list = agreement_cover_list(comparison->cover, &count);

	for (int32 i = pair->has_agreement ? pair->agreement : -1; i >= 0; i = list[i].next)
	{
		AgreementTerms terms =
			agreement_terms_in(&list[i], comparison->first_day, comparison->end_day);

		agreed_add(&agreed, &terms, &comparison->covered[i]);
	}
	return agreed;
}
