/*
 * allocate_costs.c
 *	  divide_costs(): the methods of allocate_costs() as a function of arrays. It reads no table, so
 *	  that it can be tried on any network, and has no part in who may read what.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "allocation/cost_network.h"
#include "call.h"

/* Arguments, in order. */
enum
{
	DIVIDE_METHOD,
	DIVIDE_CODE,
	DIVIDE_DIRECT,
	DIVIDE_ALL_ZERO,
	DIVIDE_COVERED,
	DIVIDE_GIVER,
	DIVIDE_RECEIVER,
	DIVIDE_WEIGHT,
	DIVIDE_ARGUMENTS
};

/* Columns of the result. */
enum
{
	DIVIDED_GIVER,
	DIVIDED_RECEIVED,
	DIVIDED_RECEIVER,
	DIVIDED_WEIGHT,
	DIVIDED_PERCENT,
	DIVIDED_AMOUNT,
	DIVIDED_COLUMNS
};

/* The elements of an array argument. */
typedef struct DivideArray
{
	Datum *elements;
	int count;
} DivideArray;

PG_FUNCTION_INFO_V1(steering_divide_costs);

/* Reads the name of a method. */
static CostMethod
divide_method(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {
		[COST_DIRECT] = "direct",
		[COST_STEP_DOWN] = "step_down",
		[COST_RECIPROCAL] = "reciprocal",
	};
	char *name;

	call_check_not_null(PG_ARGISNULL(DIVIDE_METHOD), "method");
	name = text_to_cstring(PG_GETARG_TEXT_PP(DIVIDE_METHOD));
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (CostMethod) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method must be \"direct\", \"step_down\" or \"reciprocal\": \"%s\"", name)));
}

/* Reads an array of this type; null is an empty one. */
static DivideArray
divide_array(FunctionCallInfo fcinfo, int argument, Oid type)
{
	DivideArray array = {0};
	int16 length;
	bool by_value;
	char align;
	bool *nulls;

	if (PG_ARGISNULL(argument))
		return array;
	get_typlenbyvalalign(type, &length, &by_value, &align);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, length, by_value, align,
					  &array.elements, &nulls, &array.count);
	for (int i = 0; i < array.count; i++)
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("arrays of costs must not contain nulls")));
	return array;
}

/* Raises that the arguments do not describe a network. */
static void
divide_check(bool fits)
{
	if (!fits)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("arrays of costs do not belong together")));
}

/* Raises that the rules of a service do not say what becomes of its cost. */
static void
divide_refuse_rules(const char *code, const char *problem)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg_internal(_(problem), code),
					errhint("Allocate the cost of each part of the period by itself.")));
}

/* Checks that each service has one rule, for all of its cost. */
static void
divide_check_rules(const CostNetwork *network, const Datum *covered)
{
	for (int i = 0; i < network->services; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < i; j++)
			if (strcmp(network->codes[i], network->codes[j]) == 0)
				divide_refuse_rules(
					network->codes[i],
					gettext_noop("service \"%s\" has more than one allocation rule in the period"));
	}
	for (int i = 0; i < network->services; i++)
		if (!DatumGetBool(covered[i]))
			divide_refuse_rules(
				network->codes[i],
				gettext_noop("service \"%s\" has cost in months without an allocation rule"));
}

/* Reads the services whose cost is divided. */
static void
divide_read_givers(FunctionCallInfo fcinfo, CostNetwork *network)
{
	DivideArray code = divide_array(fcinfo, DIVIDE_CODE, TEXTOID);
	DivideArray direct = divide_array(fcinfo, DIVIDE_DIRECT, NUMERICOID);
	DivideArray all_zero = divide_array(fcinfo, DIVIDE_ALL_ZERO, TEXTOID);
	DivideArray covered = divide_array(fcinfo, DIVIDE_COVERED, BOOLOID);

	divide_check(direct.count <= code.count && all_zero.count == direct.count &&
				 covered.count == direct.count);
	network->services = direct.count;
	network->nobody = code.count;
	network->codes = palloc_extended(code.count * sizeof(char *), MCXT_ALLOC_HUGE);
	network->givers = palloc0(direct.count * sizeof(CostGiver));
	for (int i = 0; i < code.count; i++)
		network->codes[i] = TextDatumGetCString(code.elements[i]);
	for (int i = 0; i < direct.count; i++)
	{
		network->givers[i].direct = amount_from_numeric(direct.elements[i]);
		network->givers[i].all_zero = allocate_all_zero(TextDatumGetCString(all_zero.elements[i]));
	}
	divide_check_rules(network, covered.elements);
}

/* Reads who receives from whom, giver by giver. */
static void
divide_read_shares(FunctionCallInfo fcinfo, CostNetwork *network)
{
	DivideArray giver = divide_array(fcinfo, DIVIDE_GIVER, INT4OID);
	DivideArray receiver = divide_array(fcinfo, DIVIDE_RECEIVER, INT4OID);
	DivideArray weight = divide_array(fcinfo, DIVIDE_WEIGHT, NUMERICOID);
	CostShare *shares;
	int last = 1;

	divide_check(receiver.count == giver.count && weight.count == giver.count);
	shares = palloc_extended(giver.count * sizeof(CostShare), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < giver.count; i++)
	{
		int from = DatumGetInt32(giver.elements[i]);
		int to = DatumGetInt32(receiver.elements[i]);

		divide_check(from >= last && from <= network->services && to >= 1 && to <= network->nobody);
		last = from;
		shares[i].receiver = to - 1;
		shares[i].weight = weight.elements[i];
		if (network->givers[from - 1].count++ == 0)
			network->givers[from - 1].shares = &shares[i];
	}
}

/* Adds up what the services have received of each other. */
static void
divide_add_received(CostNetwork *network)
{
	for (int i = 0; i < network->services; i++)
		for (int j = 0; j < network->givers[i].count; j++)
		{
			const CostShare *share = &network->givers[i].shares[j];

			if (share->receiver < network->services)
			{
				CostGiver *receiver = &network->givers[share->receiver];

				receiver->received = amount_add(receiver->received, share->amount);
			}
		}
}

/* Returns a part of the whole as a percentage with four decimals. */
static Datum
divide_percent(Real part)
{
	return NumericGetDatum(int64_div_fast_to_numeric((int64) rintl(part * 100 * 10000), 4));
}

/* Puts out what a service gives to each receiver. */
static void
divide_put_out(const CostNetwork *network, int place, ReturnSetInfo *result)
{
	const CostGiver *giver = &network->givers[place];

	for (int i = 0; i < giver->count; i++)
	{
		const CostShare *share = &giver->shares[i];
		Datum values[DIVIDED_COLUMNS];
		bool nulls[DIVIDED_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[DIVIDED_GIVER] = Int32GetDatum(place + 1);
		values[DIVIDED_RECEIVED] = AmountGetDatum(giver->received);
		values[DIVIDED_RECEIVER] = Int32GetDatum(share->receiver + 1);
		values[DIVIDED_WEIGHT] = share->weight;
		values[DIVIDED_PERCENT] = divide_percent(share->part);
		values[DIVIDED_AMOUNT] = AmountGetDatum(share->amount);
		nulls[DIVIDED_RECEIVER] = nulls[DIVIDED_WEIGHT] = share->receiver == network->nobody;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * divide_costs(method text, code text[], direct numeric[], all_zero text[], covered boolean[],
 * giver integer[], receiver integer[], weight numeric[]): who gets what of the cost of whom.
 */
Datum
steering_divide_costs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CostNetwork network = {.method = divide_method(fcinfo)};

	InitMaterializedSRF(fcinfo, 0);
	divide_read_givers(fcinfo, &network);
	divide_read_shares(fcinfo, &network);
	cost_network_prepare(&network);
	if (network.method == COST_RECIPROCAL)
		cost_equations_allocate(&network);
	else
		cost_sequence_allocate(&network);
	divide_add_received(&network);
	for (int i = 0; i < network.services; i++)
		divide_put_out(&network, i, result);
	return (Datum) 0;
}
