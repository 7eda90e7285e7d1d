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

/* Returns a result as an amount. Error: 22003. */
static Datum
charge_result(int128 sum)
{
	return AmountGetDatum(amount_narrow(sum));
}

/* Fills the columns; null is what follows from a term that is missing, or from no term at all. */
static void
charge_put(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	AgreementTerms terms = charge_terms(fcinfo);
	const AgreementTraits *traits = agreement_traits(terms.form);
	AgreementCharge charge = agreement_charge(&terms, PG_GETARG_AMOUNT(ARGUMENT_ACTUAL_VOLUME));
	Amount unused_volume = amount_narrow(charge.unused_volume);

	values[CHARGE_AGREED] = charge_result(charge.agreed);
	nulls[CHARGE_AGREED] = traits->owed == OWED_COST_SHARE ||
						   PG_ARGISNULL(traits->owed == OWED_BASE ? ARGUMENT_BASE : ARGUMENT_PRICE);
	values[CHARGE_EXCESS] = charge_result(charge.excess);
	nulls[CHARGE_EXCESS] = traits->has_excess && !terms.has_price;
	values[CHARGE_UNUSED] = AmountGetDatum(charge_unused(fcinfo, &terms, unused_volume));
	values[CHARGE_AGREED_VOLUME] = charge_result(charge.agreed_volume);
	values[CHARGE_EXCESS_VOLUME] = charge_result(charge.excess_volume);
	values[CHARGE_UNUSED_VOLUME] = AmountGetDatum(unused_volume);
}

/* Returns the shape of the result, which is found out once for a query. */
static TupleDesc
charge_shape(FunctionCallInfo fcinfo)
{
	TupleDesc shape = fcinfo->flinfo->fn_extra;
	MemoryContext caller;

	if (shape != NULL)
		return shape;
	caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (get_call_result_type(fcinfo, NULL, &shape) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	fcinfo->flinfo->fn_extra = BlessTupleDesc(shape);
	MemoryContextSwitchTo(caller);
	Assert(shape->natts == CHARGE_COLUMNS);
	return shape;
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

	if (PG_ARGISNULL(ARGUMENT_FORM) || PG_ARGISNULL(ARGUMENT_ACTUAL_VOLUME))
		memset(nulls, true, sizeof(nulls));
	else
		charge_put(fcinfo, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(charge_shape(fcinfo), values, nulls)));
}
