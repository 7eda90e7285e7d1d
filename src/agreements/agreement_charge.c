/*
 * agreement_charge.c
 *	  What is owed by an agreement for an actual volume: the one place where terms become money. Bills
 *	  ask it through steering.agreement_charge(), comparisons of cost for their flexible budget.
 *
 * What is owed in all is rounded once: where each unit has its price, what is owed for the excess is what
 * is owed for all units less what is owed for those that were contracted.
 */
#include "postgres.h"

#include "agreements/agreement_charge.h"
#include "types/share.h"

/* Splits an actual volume by the contracted one. A negative volume is a refund. */
static AgreementCharge
charge_split(const AgreementTerms *terms, int128 actual)
{
	AgreementCharge charge = {.agreed_volume = actual};

	if (!terms->has_volume)
		return charge;
	charge.agreed_volume = Min(actual, terms->volume);
	charge.excess_volume = Max(actual - terms->volume, 0);
	charge.unused_volume = Max(terms->volume - Max(actual, 0), 0);
	Assert(charge.agreed_volume + charge.excess_volume == actual);
	return charge;
}

/* Returns price times volume, rounded to cents. Error: 22003. */
static int128
charge_product(Amount price, int128 volume)
{
	int128 product = (int128) price * amount_narrow(volume);

	return share_round(product, (int128) AMOUNT_SCALE * CENT) * CENT;
}

/* Returns what is owed for the volume up to the contracted one. */
static int128
charge_agreed(const AgreementTerms *terms, int128 agreed_volume)
{
	switch (agreement_traits(terms->form)->owed)
	{
		case OWED_BASE:
			return terms->base;
		case OWED_PRICE:
			return charge_product(terms->price, agreed_volume);
		case OWED_COST_SHARE:
			break;
	}
	return 0;
}

/* Returns what is owed for an actual volume by terms. Error: 22003. */
AgreementCharge
agreement_charge(const AgreementTerms *terms, int128 actual_volume)
{
	const AgreementTraits *traits = agreement_traits(terms->form);
	AgreementCharge charge = charge_split(terms, actual_volume);

	charge.agreed = charge_agreed(terms, charge.agreed_volume);
	if (!traits->has_excess || charge.excess_volume == 0)
		return charge;
	if (traits->owed == OWED_PRICE)
		charge.excess = charge_product(terms->price, actual_volume) - charge.agreed;
	else
		charge.excess = charge_product(terms->price, charge.excess_volume);
	return charge;
}
