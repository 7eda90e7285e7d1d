/*
 * agreement_form.h
 *	  The forms of agreements: the names that are stored, the terms that each has, and what these say
 *	  is owed.
 *
 * This is the only list of them in C. Nothing asks which form an agreement has: what differs between
 * forms is a trait. Who adds a form adds it here, its traits to the table in agreement_form.c, its terms
 * to the constraints of steering.agreement, and only where it charges in a way that no other form does, a
 * trait that agreement_charge() asks.
 */
#ifndef SP71_AGREEMENT_FORM_H
#define SP71_AGREEMENT_FORM_H

#include "sp71_steering.h"

typedef enum AgreementForm
{
	AGREEMENT_LUMP_SUM,
	AGREEMENT_PRICE_VOLUME,
	AGREEMENT_BASE_PLUS,
	AGREEMENT_KEY_SHARE,
	AGREEMENT_FORMS /* how many there are */
} AgreementForm;

/* Terms that some forms have and others do not, as members of a set. */
typedef enum AgreementTerm
{
	AGREEMENT_BASE = 1 << 0,
	AGREEMENT_VOLUME = 1 << 1,
	AGREEMENT_PRICE = 1 << 2,
	AGREEMENT_KEY = 1 << 3,
	AGREEMENT_UNUSED_PERCENT = 1 << 4, /* only of a contracted volume */
	AGREEMENT_TERMS = (1 << 5) - 1     /* all of them */
} AgreementTerm;

/* What is owed for the volume up to the contracted one, or for all of it if none was contracted. */
typedef enum AgreementOwed
{
	OWED_BASE,
	OWED_PRICE,     /* for each unit */
	OWED_COST_SHARE /* a share of actual cost by a key: it does not follow from the terms */
} AgreementOwed;

typedef struct AgreementTraits
{
	const char *name;
	int needs;    /* terms */
	int may_have; /* further terms */
	AgreementOwed owed;
	bool has_excess; /* each unit beyond the contracted volume is owed at the price */
	bool
		cap_blocks; /* of the cap that follows: no more was agreed than what was agreed beforehand */
} AgreementTraits;

extern const AgreementTraits *agreement_traits(AgreementForm form);
extern AgreementForm agreement_form_parse(const char *name, int length);
extern bool agreement_form_allows(AgreementForm form, int terms);

#endif
