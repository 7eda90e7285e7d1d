/*
 * agreement_charge_sql.c
 *	  What is owed by terms of an agreement for an actual volume, in SQL: charge_of_terms().
 *
 * Bills call it for each agreement: so it takes and gives amounts, which are passed by value, and hands its
 * one row over as a value. The percentage of the price that unused volume costs may have any number of
 * decimals, so that part alone is computed as numeric.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "agreements/agreement_charge.h"
#include "types/shown.h"

/* Arguments of charge_of_terms(). */
enum
{
	ARGUMENT_FORM,
	ARGUMENT_BASE,
	ARGUMENT_VOLUME,
	ARGUMENT_PRICE,
	ARGUMENT_ACTUAL_VOLUME,
	ARGUMENT_UNUSED_PERCENT
};

/* Columns of charge_of_terms(). */
enum
{
	CHARGE_AGREED,
	CHARGE_EXCESS,
	CHARGE_UNUSED,
	CHARGE_AGREED_VOLUME,
	CHARGE_EXCESS_VOLUME,
	CHARGE_UNUSED_VOLUME,
	CHARGE_COLUMNS
};

/* What a query that calls it keeps. */
typedef struct ChargeQuery
{
	TupleDesc shape; /* of the result */
	bool has_warned;
} ChargeQuery;

/* Returns an amount that is given; what is missing is 0. */
static Amount
charge_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? 0 : PG_GETARG_AMOUNT(argument);
}

/* Returns the terms that are given. Error: 22023. */
static AgreementTerms
charge_terms(FunctionCallInfo fcinfo)
{
	const text *form = PG_GETARG_TEXT_PP(ARGUMENT_FORM);

	return (AgreementTerms){
		.form = agreement_form_parse(VARDATA_ANY(form), VARSIZE_ANY_EXHDR(form)),
		.has_volume = !PG_ARGISNULL(ARGUMENT_VOLUME),
		.has_price = !PG_ARGISNULL(ARGUMENT_PRICE),
		.base = charge_argument(fcinfo, ARGUMENT_BASE),
		.volume = charge_argument(fcinfo, ARGUMENT_VOLUME),
		.price = charge_argument(fcinfo, ARGUMENT_PRICE),
	};
}

/* Returns what is owed for contracted volume that was not used: a percentage of its price, in cents. */
static Amount
charge_unused(FunctionCallInfo fcinfo, const AgreementTerms *terms, Amount unused_volume)
{
	Datum cost;

	if ((agreement_traits(terms->form)->may_have & AGREEMENT_UNUSED_PERCENT) == 0 ||
		!terms->has_price || PG_ARGISNULL(ARGUMENT_UNUSED_PERCENT) || unused_volume == 0)
		return 0;
	cost = DirectFunctionCall2(numeric_mul, amount_to_numeric(terms->price),
							   amount_to_numeric(unused_volume));
	cost = DirectFunctionCall2(numeric_mul, cost, PG_GETARG_DATUM(ARGUMENT_UNUSED_PERCENT));
	cost = DirectFunctionCall2(numeric_mul, cost, amount_to_numeric(CENT));
	return amount_from_numeric(DirectFunctionCall2(numeric_round, cost, Int32GetDatum(2)));
}

/* Sets a column; it stays null where the sum is more than an amount. */
static void
charge_set(Datum *values, bool *nulls, int column, int128 sum)
{
	values[column] = AmountGetDatum(amount_clamp(sum));
	nulls[column] = !amount_fits(sum);
}

/*
 * Warns of a charge that is left out, once in a query: who booked a bar code as a quantity is no reason to settle with
 * nobody.
 */
static void
charge_warn(FunctionCallInfo fcinfo, const AgreementTerms *terms)
{
	ChargeQuery *query = fcinfo->flinfo->fn_extra;

	if (query->has_warned)
		return;
	query->has_warned = true;
	ereport(WARNING,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("what is owed for a volume of %s at a price of %s is too large, and left null",
					amount_shown(PG_GETARG_AMOUNT(ARGUMENT_ACTUAL_VOLUME)),
					amount_shown(terms->price)),
			 errhint("See whether its bookings are right.")));
}

/*
 * Fills the columns; null is what follows from a term that is missing, or from no term at all, and what is more than an
 * amount.
 */
static void
charge_put(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	AgreementTerms terms = charge_terms(fcinfo);
	const AgreementTraits *traits = agreement_traits(terms.form);
	AgreementCharge charge = agreement_charge(&terms, PG_GETARG_AMOUNT(ARGUMENT_ACTUAL_VOLUME));
	Amount unused_volume = amount_narrow(charge.unused_volume);

	charge_set(values, nulls, CHARGE_AGREED, charge.agreed);
	charge_set(values, nulls, CHARGE_EXCESS, charge.excess);
	if (nulls[CHARGE_AGREED] || nulls[CHARGE_EXCESS])
		charge_warn(fcinfo, &terms);
	if (traits->owed == OWED_COST_SHARE ||
		PG_ARGISNULL(traits->owed == OWED_BASE ? ARGUMENT_BASE : ARGUMENT_PRICE))
		nulls[CHARGE_AGREED] = true;
	if (traits->has_excess && !terms.has_price)
		nulls[CHARGE_EXCESS] = true;
	values[CHARGE_UNUSED] = AmountGetDatum(charge_unused(fcinfo, &terms, unused_volume));
	values[CHARGE_AGREED_VOLUME] = AmountGetDatum(amount_narrow(charge.agreed_volume));
	values[CHARGE_EXCESS_VOLUME] = AmountGetDatum(amount_narrow(charge.excess_volume));
	values[CHARGE_UNUSED_VOLUME] = AmountGetDatum(unused_volume);
}

/* Finds out the shape of the result, once for a query. */
static ChargeQuery *
charge_query(FunctionCallInfo fcinfo)
{
	ChargeQuery *query = fcinfo->flinfo->fn_extra;
	TupleDesc shape;
	MemoryContext caller;

	if (query != NULL)
		return query;
	caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	Assert(shape->natts == CHARGE_COLUMNS);
	query = palloc0(sizeof(ChargeQuery));
	query->shape = BlessTupleDesc(shape);
	fcinfo->flinfo->fn_extra = query;
	MemoryContextSwitchTo(caller);
	return query;
}

PG_FUNCTION_INFO_V1(steering_charge_of_terms);

/*
 * charge_of_terms(form text, base steering.amount, volume steering.amount, price steering.amount,
 * actual_volume steering.amount, unused_percent numeric)
 */
Datum
steering_charge_of_terms(PG_FUNCTION_ARGS)
{
	Datum values[CHARGE_COLUMNS] = {0};
	bool nulls[CHARGE_COLUMNS] = {false};
	const ChargeQuery *query = charge_query(fcinfo);

	if (PG_ARGISNULL(ARGUMENT_FORM) || PG_ARGISNULL(ARGUMENT_ACTUAL_VOLUME))
		memset(nulls, true, sizeof(nulls));
	else
		charge_put(fcinfo, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(query->shape, values, nulls)));
}
