/*
 * agreement_cover_sql.c
 *	  What agreements cover, in SQL: booking by booking as it were.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "agreements/agreement_cover.h"

/* Columns of agreement_cover(). */
enum
{
	COVER_SERVICE,
	COVER_PARTICIPANT,
	COVER_FIRST_MONTH,
	COVER_END_MONTH,
	COVER_AGREEMENT,
	COVER_AGREED_SERVICE,
	COVER_FORM,
	COVER_AMOUNT,
	COVER_VOLUME,
	COVER_COLUMNS
};

/* Where rows go to, and the texts that stand in them. */
typedef struct CoverResult
{
	ReturnSetInfo *set;
	Datum forms[AGREEMENT_FORMS];
} CoverResult;

/* Puts out what was booked for a pair; a sum that does not fit is an error (22003). */
static void
cover_put(const CoveredUsage *covered, void *context)
{
	const CoverResult *result = context;
	const Agreement *agreement = covered->agreement;
	Usage actual = usage_narrow(covered->actual);
	Datum values[COVER_COLUMNS];
	bool nulls[COVER_COLUMNS] = {false};

	values[COVER_SERVICE] = Int32GetDatum(covered->pair.service_id);
	values[COVER_PARTICIPANT] = Int32GetDatum(covered->pair.participant_id);
	values[COVER_FIRST_MONTH] = DateADTGetDatum(covered->first_month);
	values[COVER_END_MONTH] = DateADTGetDatum(covered->end_month);
	if (agreement != NULL)
	{
		values[COVER_AGREEMENT] = Int32GetDatum(agreement->agreement_id);
		values[COVER_AGREED_SERVICE] = Int32GetDatum(agreement->pair.service_id);
		values[COVER_FORM] = result->forms[agreement->terms.form];
	}
	values[COVER_AMOUNT] = AmountGetDatum(actual.amount);
	values[COVER_VOLUME] = AmountGetDatum(actual.volume);
	nulls[COVER_AGREEMENT] = agreement == NULL || covered->is_shared_from_below;
	nulls[COVER_AGREED_SERVICE] = nulls[COVER_FORM] = agreement == NULL;
	tuplestore_putvalues(result->set->setResult, result->set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_agreement_cover);

/* agreement_cover(first_day date, end_day date) */
Datum
steering_agreement_cover(PG_FUNCTION_ARGS)
{
	AgreementCover *cover = agreement_cover_read(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1));
	CoverResult result;

	InitMaterializedSRF(fcinfo, 0);
	result.set = (ReturnSetInfo *) fcinfo->resultinfo;
	for (AgreementForm form = 0; form < AGREEMENT_FORMS; form++)
		result.forms[form] = CStringGetTextDatum(agreement_traits(form)->name);
	if (cover != NULL)
		agreement_cover_visit(cover, cover_put, &result);
	return (Datum) 0;
}
