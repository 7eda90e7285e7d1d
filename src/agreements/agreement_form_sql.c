/*
 * agreement_form_sql.c
 *	  The forms of agreements in SQL: agreement_form().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "agreements/agreement_form.h"

/* Columns of agreement_form(). */
enum
{
	FORM_NAME,
	FORM_NEEDS,
	FORM_MAY_HAVE,
	FORM_SHARES_COST,
	FORM_CAP_BLOCKS,
	FORM_COLUMNS
};

/* The terms by the names that they have in steering.agreement_status. */
static const char *const form_terms[] = {"base", "volume", "price", "key", "unused_percent"};

StaticAssertDecl(AGREEMENT_TERMS == (1 << lengthof(form_terms)) - 1, "each term has its name");

/* Returns the names of terms as an array of texts. */
static Datum
form_term_names(int terms)
{
	Datum names[lengthof(form_terms)];
	int count = 0;

	for (int i = 0; i < lengthof(form_terms); i++)
		if ((terms & (1 << i)) != 0)
			names[count++] = CStringGetTextDatum(form_terms[i]);
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(steering_agreement_form);

/* agreement_form() */
Datum
steering_agreement_form(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (AgreementForm form = 0; form < AGREEMENT_FORMS; form++)
	{
		const AgreementTraits *traits = agreement_traits(form);
		Datum values[FORM_COLUMNS];
		bool nulls[FORM_COLUMNS] = {false};

		values[FORM_NAME] = CStringGetTextDatum(traits->name);
		values[FORM_NEEDS] = form_term_names(traits->needs);
		values[FORM_MAY_HAVE] = form_term_names(traits->may_have);
		values[FORM_SHARES_COST] = BoolGetDatum(traits->owed == OWED_COST_SHARE);
		values[FORM_CAP_BLOCKS] = BoolGetDatum(traits->cap_blocks);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
