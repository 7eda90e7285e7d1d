/*
 * agreement_form.c
 *	  The forms of agreements, and their traits.
 */
#include "postgres.h"

#include "agreements/agreement_form.h"

static const AgreementTraits agreement_forms[] = {
	[AGREEMENT_LUMP_SUM] = {.name = "lump_sum",
							.needs = AGREEMENT_BASE,
							.may_have = AGREEMENT_VOLUME,
							.owed = OWED_BASE,
							.cap_blocks = true},
	[AGREEMENT_PRICE_VOLUME] = {.name = "price_volume",
								.needs = AGREEMENT_PRICE,
								.may_have = AGREEMENT_VOLUME | AGREEMENT_UNUSED_PERCENT,
								.owed = OWED_PRICE,
								.has_excess = true,
								.cap_blocks = true},
	[AGREEMENT_BASE_PLUS] = {.name = "base_plus",
							 .needs = AGREEMENT_BASE | AGREEMENT_VOLUME | AGREEMENT_PRICE,
							 .owed = OWED_BASE,
							 .has_excess = true},
	[AGREEMENT_KEY_SHARE] = {.name = "key_share",
							 .needs = AGREEMENT_KEY,
							 .may_have = AGREEMENT_BASE, /* an estimate */
							 .owed = OWED_COST_SHARE},
};

StaticAssertDecl(lengthof(agreement_forms) == AGREEMENT_FORMS, "each form has its traits");

/* Returns the traits of a form. */
const AgreementTraits *
agreement_traits(AgreementForm form)
{
	Assert(form >= 0 && form < AGREEMENT_FORMS && agreement_forms[form].name != NULL);
	return &agreement_forms[form];
}

/* Returns the form of this name, which is compared as a whole. Error: 22023. */
AgreementForm
agreement_form_parse(const char *name, int length)
{
	for (AgreementForm form = 0; form < AGREEMENT_FORMS; form++)
	{
		const char *known = agreement_traits(form)->name;

		if (strlen(known) == length && memcmp(known, name, length) == 0)
			return form;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("form of agreement \"%s\" is unknown", pnstrdup(name, length)),
					errhint("The forms are listed by steering.agreement_form().")));
}

/* Tells whether an agreement of a form may have just these terms. */
bool
agreement_form_allows(AgreementForm form, int terms)
{
	const AgreementTraits *traits = agreement_traits(form);

	if ((terms & AGREEMENT_UNUSED_PERCENT) != 0 && (terms & AGREEMENT_VOLUME) == 0)
		return false;
	return (traits->needs & ~terms) == 0 && (terms & ~(traits->needs | traits->may_have)) == 0;
}
