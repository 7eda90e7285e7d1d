/*
 * agreement_charge.h
 *	  What is owed by an agreement for an actual volume. Pure.
 */
#ifndef SP71_AGREEMENT_CHARGE_H
#define SP71_AGREEMENT_CHARGE_H

#include "sp71_steering.h"

#include "agreements/agreement.h"

/* Money is in whole cents, but for a base that is not. */
typedef struct AgreementCharge
{
	int128 agreed; /* for the volume up to the contracted one; of OWED_COST_SHARE: not known, 0 */
	int128 excess; /* for what goes beyond it */
	int128 agreed_volume;
	int128 excess_volume;
	int128 unused_volume; /* contracted and not used */
} AgreementCharge;

extern AgreementCharge agreement_charge(const AgreementTerms *terms, int128 actual_volume);

#endif
