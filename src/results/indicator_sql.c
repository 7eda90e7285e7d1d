/*
 * indicator_sql.c
 *	  Indicators in SQL: their numbers by code, attainment(), shares of targets, and result_in().
 *
 * The rows of result_in() are in a tuplestore, which goes to disk when work_mem is full.
 */
#include "call.h"
#include "sp71_steering.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "own.h"
#include "own_shape.h"
#include "reports/usage_between.h"
#include "results/indicator_scan.h"
#include "types/code.h"
#include "types/share.h"

/* Columns of steering.indicator that are read here. */
#define INDICATOR_ID 1
#define INDICATOR_CODE 2

/* Columns of result_in(). */
enum
{
	RESULT_INDICATOR,
	RESULT_SERVICE,
	RESULT_PARTICIPANT,
	RESULT_MAIN,
	RESULT_ADDITIVE,
	RESULT_DIRECTION,
	RESULT_TARGET,
	RESULT_MEASURED,
	RESULT_MONTHS_MEASURED,
	RESULT_TARGET_MEASURED,
	RESULT_COMPARED,
	RESULT_ATTAINMENT,
	RESULT_INCENTIVE_PERCENT,
	RESULT_COLUMNS
};

/* Where the rows of result_in() go. */
typedef struct ResultOutput
{
	ReturnSetInfo *result;
	MemoryContext row; /* reset after each */
} ResultOutput;

PG_FUNCTION_INFO_V1(steering_indicator_number);
PG_FUNCTION_INFO_V1(steering_drop_indicator);
PG_FUNCTION_INFO_V1(steering_refuse_bands);
PG_FUNCTION_INFO_V1(steering_attainment);
PG_FUNCTION_INFO_V1(steering_target_share);
PG_FUNCTION_INFO_V1(steering_result_in);

/* Returns the number of the indicator with this code as the active snapshot shows it; 0: none. */
static int32
indicator_find(Datum code)
{
	Relation rel = own_open(OWN_INDICATOR, AccessShareLock);
	int32 number = 0;
	SysScanDesc scan;
	HeapTuple tuple;
	ScanKeyData key;

	ScanKeyInit(&key, INDICATOR_CODE, BTEqualStrategyNumber, F_TEXTEQ, code);
	key.sk_collation = DEFAULT_COLLATION_OID;
	scan = systable_beginscan(rel, own_relation(OWN_INDICATOR_CODE_KEY), true, GetActiveSnapshot(),
							  1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		number = DatumGetInt32(own_value(tuple, INDICATOR_ID, RelationGetDescr(rel)));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return number;
}

/* Returns the number of the indicator whose code is the first argument; 22004 null, 22023 unknown. */
static int32
indicator_argument(FunctionCallInfo fcinfo)
{
	int32 number;

	call_check_not_null(PG_ARGISNULL(0), "indicator");
	number = indicator_find(PG_GETARG_DATUM(0));
	if (number == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("indicator \"%s\" is unknown",
							   code_shown(text_to_cstring(PG_GETARG_TEXT_PP(0)))),
						errhint("Indicators are made by steering.set_indicator().")));
	return number;
}

/* indicator_number(code) */
Datum
steering_indicator_number(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(indicator_argument(fcinfo));
}

/* Takes an indicator, which is gone, off the scorecard, where the objects installed have one. Within own_spi. */
static void
indicator_leave_scorecard(Oid *types, Datum *values)
{
	Oid schema = get_namespace_oid(STEERING_SCHEMA, false);

	if (OidIsValid(get_relname_relid("scorecard_indicator", schema)))
		own_spi_execute("DELETE FROM steering.scorecard_indicator WHERE indicator_id = $1", 1,
						types, values, NULL);
}

/*
 * drop_indicator(code)
 *
 * Who sets something of an indicator holds a lock on it (FOR KEY SHARE). Once that is waited for, the
 * rows are there for the latest snapshot; to delete those that the transaction's own snapshot does
 * not show is a serialization failure.
 */
Datum
steering_drop_indicator(PG_FUNCTION_ARGS)
{
	static const char *const deletions[] = {
		"SELECT FROM steering.indicator WHERE indicator_id = $1 FOR UPDATE",
		"DELETE FROM steering.target WHERE indicator_id = $1",
		"DELETE FROM steering.measurement WHERE indicator_id = $1",
		"DELETE FROM steering.incentive WHERE indicator_id = $1",
		"DELETE FROM steering.indicator WHERE indicator_id = $1",
	};
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(indicator_argument(fcinfo))};
	OwnSpi spi;

	own_spi_begin(&spi);
	for (int i = 0; i < lengthof(deletions); i++)
		own_spi_execute(deletions[i], 1, types, values, NULL);
	indicator_leave_scorecard(types, values);
	own_spi_end(&spi);
	PG_RETURN_VOID();
}

/* Returns ranges as text, without the braces around them. */
static char *
bands_text(MultirangeType *ranges)
{
	char *text = OidOutputFunctionCall(F_MULTIRANGE_OUT, MultirangeTypePGetDatum(ranges));

	text[strlen(text) - 1] = '\0';
	return text + 1;
}

/* Raises that bands do not hold every number once; constraint is the one that says so of the table. */
static void
bands_refuse(const char *problem, const char *constraint, MultirangeType *ranges)
{
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg_internal("%s %s", problem, bands_text(ranges)),
			 errhint(
				 "Each attainment must be in one band: the first has no start, the last no end, "
				 "and each begins where another one ends."),
			 err_generic_string(PG_DIAG_SCHEMA_NAME, "steering"),
			 err_generic_string(PG_DIAG_TABLE_NAME, "incentive"),
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint)));
}

/* refuse_bands(indicator text, gap nummultirange, overlap nummultirange): unless both are empty. */
Datum
steering_refuse_bands(PG_FUNCTION_ARGS)
{
	char *indicator = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MultirangeType *gap = PG_GETARG_MULTIRANGE_P(1);
	MultirangeType *overlap = PG_GETARG_MULTIRANGE_P(2);

	if (!MultirangeIsEmpty(gap))
		bands_refuse(psprintf(_("bands of indicator \"%s\" leave a gap:"), indicator),
					 "incentive_no_gap", gap);
	if (!MultirangeIsEmpty(overlap))
		bands_refuse(psprintf(_("bands of indicator \"%s\" overlap:"), indicator),
					 "incentive_no_overlap", overlap);
	PG_RETURN_VOID();
}

/*
 * attainment(measured, target, direction): percents; null when there is no measurement or no
 * target. Errors: 22004 no direction, 22023 another word, 22003 no amount.
 */
Datum
steering_attainment(PG_FUNCTION_ARGS)
{
	Direction direction;
	char *word;

	call_check_not_null(PG_ARGISNULL(2), "direction");
	word = text_to_cstring(PG_GETARG_TEXT_PP(2));
	if (!direction_parse(word, &direction))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("direction must be \"higher\" or \"lower\": \"%s\"", word)));
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	return attainment_to_numeric(indicator_attainment(amount_from_numeric(PG_GETARG_DATUM(0)),
													  amount_from_numeric(PG_GETARG_DATUM(1)),
													  direction));
}

/* target_share(target, first_day, end_day, from_day, to_day): by months, to four decimals; 22023 */
Datum
steering_target_share(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(share_of_months(PG_GETARG_AMOUNT(0),
									 months_between(PG_GETARG_DATEADT(1), PG_GETARG_DATEADT(2)),
									 months_between(PG_GETARG_DATEADT(3), PG_GETARG_DATEADT(4)),
									 1));
}

/* Fills in what a comparison with the target gives. */
static void
put_comparison(const Indicator *indicator, const ResultFigures *figures, Datum *values, bool *nulls)
{
	int128 attainment =
		indicator_attainment(figures->compared, figures->target_measured, indicator->direction);

	values[RESULT_TARGET_MEASURED] = AmountGetDatum(figures->target_measured);
	values[RESULT_COMPARED] = AmountGetDatum(figures->compared);
	values[RESULT_ATTAINMENT] = attainment_to_numeric(attainment);
	nulls[RESULT_INCENTIVE_PERCENT] =
		!indicator_incentive(indicator, attainment, &values[RESULT_INCENTIVE_PERCENT]);
}

/* Puts out a row of result_in(). */
static void
put_result(const Indicator *indicator, int32 participant_id, const ResultFigures *figures,
		   void *context)
{
	ResultOutput *output = context;
	MemoryContext caller = MemoryContextSwitchTo(output->row);
	Datum values[RESULT_COLUMNS] = {0};
	bool nulls[RESULT_COLUMNS] = {false};

	values[RESULT_INDICATOR] = Int32GetDatum(indicator->indicator_id);
	values[RESULT_SERVICE] = Int32GetDatum(indicator->service_id);
	values[RESULT_PARTICIPANT] = Int32GetDatum(participant_id);
	values[RESULT_MAIN] = BoolGetDatum(indicator->main);
	values[RESULT_ADDITIVE] = BoolGetDatum(indicator->additive);
	values[RESULT_DIRECTION] = CStringGetTextDatum(direction_name(indicator->direction));
	values[RESULT_TARGET] = AmountGetDatum(figures->target);
	nulls[RESULT_TARGET] = !figures->has_target;
	values[RESULT_MEASURED] = AmountGetDatum(figures->measured);
	nulls[RESULT_MEASURED] = !figures->has_measured;
	values[RESULT_MONTHS_MEASURED] = Int32GetDatum(figures->months_measured);
	if (figures->has_compared)
		put_comparison(indicator, figures, values, nulls);
	else
		memset(&nulls[RESULT_TARGET_MEASURED], true, RESULT_COLUMNS - RESULT_TARGET_MEASURED);
	tuplestore_putvalues(output->result->setResult, output->result->setDesc, values, nulls);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(output->row);
}

/* result_in(first_day date, end_day date): nothing when the range has no month */
Datum
steering_result_in(PG_FUNCTION_ARGS)
{
	ResultOutput output;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_GETARG_DATEADT(0) >= PG_GETARG_DATEADT(1))
		return (Datum) 0;
	output.result = (ReturnSetInfo *) fcinfo->resultinfo;
	output.row = AllocSetContextCreate(CurrentMemoryContext, "result", ALLOCSET_SMALL_SIZES);
	indicator_visit(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1), usage_readable_participants(),
					put_result, &output);
	return (Datum) 0;
}
