/*
 * agreement.c
 *	  Agreements as they are stored, and the part of their terms that some months have.
 */
#include "postgres.h"

#include "access/htup_details.h" /* brings VARDATA() in every release */
#include "fmgr.h"

#include "agreements/agreement.h"
#include "reports/query_rows.h"
#include "types/calendar.h"
#include "types/day_range.h"
#include "types/share.h"

/* All agreements: to leave some out by their days takes longer in SQL than here. */
#define AGREEMENT_QUERY                                                                            \
	"SELECT agreement_id, service_id, participant_id, during, form, base, volume, price,"          \
	" agreed_cost FROM steering.agreement"

/* Columns of the query. */
enum
{
	COLUMN_ID,
	COLUMN_SERVICE,
	COLUMN_PARTICIPANT,
	COLUMN_DURING,
	COLUMN_FORM,
	COLUMN_BASE,
	COLUMN_VOLUME,
	COLUMN_PRICE,
	COLUMN_AGREED_COST
};

/* Which agreements are wanted, and who they go to. */
typedef struct AgreementVisit
{
	DateADT first_day;
	DateADT end_day;
	AgreementVisitor visit;
	void *context;
} AgreementVisit;

/* Returns a term, and notes whether the agreement has it. */
static Amount
agreement_read_term(const TupleTableSlot *row, int column, bool *has_term)
{
	*has_term = !row->tts_isnull[column];
	return *has_term ? DatumGetAmount(row->tts_values[column]) : 0;
}

/* Reads the terms in a row, which are those that the form has: constraints see to that. */
static void
agreement_read_terms(const TupleTableSlot *row, AgreementTerms *terms)
{
	text *form = DatumGetTextPP(query_value(row, COLUMN_FORM));
	bool has_base;

	terms->form = agreement_form_parse(VARDATA_ANY(form), VARSIZE_ANY_EXHDR(form));
	terms->base = agreement_read_term(row, COLUMN_BASE, &has_base);
	terms->volume = agreement_read_term(row, COLUMN_VOLUME, &terms->has_volume);
	terms->price = agreement_read_term(row, COLUMN_PRICE, &terms->has_price);
	terms->agreed_cost = agreement_read_term(row, COLUMN_AGREED_COST, &terms->has_agreed_cost);
	Assert(agreement_form_allows(terms->form,
								 (has_base ? AGREEMENT_BASE : 0) |
									 (terms->has_volume ? AGREEMENT_VOLUME : 0) |
									 (terms->has_price ? AGREEMENT_PRICE : 0) |
									 (agreement_traits(terms->form)->needs & AGREEMENT_KEY)));
}

/* Hands over a row of steering.agreement, if it is wanted. */
static void
agreement_read_row(const TupleTableSlot *row, void *context)
{
	const AgreementVisit *visit = context;
	Agreement agreement = {
		.agreement_id = DatumGetInt32(row->tts_values[COLUMN_ID]),
		.next = -1,
		.pair = {DatumGetInt32(row->tts_values[COLUMN_SERVICE]),
				 DatumGetInt32(row->tts_values[COLUMN_PARTICIPANT])},
	};

	day_range_read(query_value(row, COLUMN_DURING), &agreement.first_day, &agreement.end_day);
	if (agreement.first_day >= visit->end_day || agreement.end_day <= visit->first_day)
		return;
	agreement_read_terms(row, &agreement.terms);
	visit->visit(&agreement, visit->context);
}

/* Visits the agreements that hold on days from first_day until before end_day. */
void
agreement_visit(DateADT first_day, DateADT end_day, AgreementVisitor visit, void *context)
{
	AgreementVisit visitor = {first_day, end_day, visit, context};

	query_visit_rows(AGREEMENT_QUERY, agreement_read_row, &visitor);
}

/* Returns the terms of an agreement for those of its months from first_day until before end_day. */
AgreementTerms
agreement_terms_in(const Agreement *agreement, DateADT first_day, DateADT end_day)
{
	AgreementTerms part = agreement->terms;
	PeriodRange whole;
	PeriodRange months;

	if (first_day <= agreement->first_day && end_day >= agreement->end_day)
		return part;
	whole.first_month = calendar_month(agreement->first_day);
	whole.end_month = calendar_month(agreement->end_day);
	months.first_month = calendar_month(first_day);
	months.end_month = calendar_month(end_day);
	part.base = share_of_months(part.base, whole, months, CENT);
	part.volume = share_of_months(part.volume, whole, months, 1);
	part.agreed_cost = share_of_months(part.agreed_cost, whole, months, CENT);
	return part;
}
