/*
 * comparison_sql.c
 *	  comparison_scan() in SQL: what was spent, agreed and achieved, as far as the role may read it.
 *
 * PUBLIC may execute it: participants that the role may not read come into no sum. The result is in a
 * tuplestore, which goes to disk when work_mem is full; amounts in it are eight bytes wide, and only
 * those that a query asks for become numeric.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "comparison/comparison_figures.h"
#include "reports/query_rows.h"
#include "types/calendar.h"

/* Columns of the result. */
enum
{
	COMPARISON_SERVICE,
	COMPARISON_PARTICIPANT,
	COMPARISON_BUDGET,
	COMPARISON_ACTUAL,
	COMPARISON_COMMITTED,
	COMPARISON_HEADROOM,
	COMPARISON_VOLUME,
	COMPARISON_AGREED_VOLUME,
	COMPARISON_UNIT_COST,
	COMPARISON_AGREED_PRICE,
	COMPARISON_PRICE_VARIANCE,
	COMPARISON_VOLUME_VARIANCE,
	COMPARISON_TOTAL_VARIANCE,
	COMPARISON_TARGET,
	COMPARISON_MEASURED,
	COMPARISON_ATTAINMENT,
	COMPARISON_COST_PER_RESULT,
	COMPARISON_SIGNAL,
	COMPARISON_AGREED_COST,
	COMPARISON_COVERED,
	COMPARISON_COVERED_VOLUME,
	COMPARISON_UNIT,
	COMPARISON_RESULT_UNIT,
	COMPARISON_INHABITANTS,
	COMPARISON_IS_GROUP,
	COMPARISON_SERVICE_LEVEL,
	COMPARISON_PARTICIPANT_LEVEL,
	COMPARISON_SERVICE_KIND,
	COMPARISON_COLUMNS
};

/* Columns of steering.signal_limit, as they are read. */
#define LIMIT_QUERY "SELECT measure = 'budget', amber, red FROM steering.signal_limit"

enum
{
	LIMIT_OF_BUDGET,
	LIMIT_AMBER,
	LIMIT_RED
};

/* One call of the function. */
typedef struct ComparisonScan
{
	ReturnSetInfo *result;
	Comparison *comparison;
	bool below;
	SignalLimits limits;
	Datum signals[SIGNAL_RED + 1];
	Datum kinds[2];    /* of services, by whether they are led by one participant */
	bool is_too_large; /* a figure of the row is more than an amount */
	Datum values[COMPARISON_COLUMNS];
	bool nulls[COMPARISON_COLUMNS];
} ComparisonScan;

/* Sets a column. */
static inline void
scan_set(ComparisonScan *scan, int column, Datum value)
{
	scan->values[column] = value;
	scan->nulls[column] = false;
}

/*
 * Sets a column to a sum; leaves it null if the sum is not known, or more than an amount: a bar code that was booked as
 * a quantity is no reason to show nobody anything.
 */
static inline void
scan_set_sum(ComparisonScan *scan, int column, bool is_known, int128 sum)
{
	if (!is_known)
		return;
	if (amount_fits(sum))
		scan_set(scan, column, AmountGetDatum((Amount) sum));
	else
		scan->is_too_large = true;
}

/* Sets a column to the ratio of two sums; leaves it null if the divisor is zero, or the ratio too large. */
static inline void
scan_set_ratio(ComparisonScan *scan, int column, int128 dividend, int128 divisor)
{
	Amount ratio;

	if (figures_ratio(dividend, divisor, &ratio))
		scan_set(scan, column, AmountGetDatum(ratio));
}

/* Sets the columns of cost and means. */
static void
scan_set_cost(ComparisonScan *scan, const ComparisonRow *row)
{
	const BudgetSum *budget = row->budget;

	scan_set_sum(scan, COMPARISON_ACTUAL, true, row->actual->amount);
	scan_set_sum(scan, COMPARISON_COMMITTED, true, row->committed->amount);
	scan_set_sum(scan, COMPARISON_VOLUME, true, row->actual->volume);
	scan_set_ratio(scan, COMPARISON_UNIT_COST, row->actual->amount, row->actual->volume);
	scan_set_sum(scan, COMPARISON_BUDGET, budget->is_known, budget->amount);
	scan_set_sum(scan, COMPARISON_HEADROOM, budget->has_headroom, budget->headroom);
}

/*
 * Sets the columns of what was agreed. The flexible budget, what the agreements say of actual volume,
 * parts the total variance in two: so these always add up.
 */
static void
scan_set_agreed(ComparisonScan *scan, const AgreedSum *agreed)
{
	bool is_known = agreed->count > 0 && !agreed->is_too_large;
	Amount price;

	scan_set_sum(scan, COMPARISON_AGREED_VOLUME, agreed->has_volume, agreed->volume);
	if (figures_agreed_price(agreed, &price))
		scan_set(scan, COMPARISON_AGREED_PRICE, AmountGetDatum(price));
	scan_set_sum(scan, COMPARISON_PRICE_VARIANCE, is_known, agreed->covered - agreed->flexible);
	scan_set_sum(scan, COMPARISON_VOLUME_VARIANCE, is_known, agreed->flexible - agreed->cost);
	scan_set_sum(scan, COMPARISON_TOTAL_VARIANCE, is_known, agreed->covered - agreed->cost);
	scan_set_sum(scan, COMPARISON_AGREED_COST, is_known, agreed->cost);
	scan_set_sum(scan, COMPARISON_COVERED, is_known, agreed->covered);
	scan_set_sum(scan, COMPARISON_COVERED_VOLUME, is_known, agreed->covered_volume);
}

/*
 * Tells whether the cost of a row is what its result cost: all of it was measured and adds up, and all
 * of the cost is in the row.
 */
static bool
scan_has_cost_of_result(const ComparisonRow *row)
{
	return row->result->is_complete && row->result->is_additive && row->actual->bookings != 0 &&
		   !row->cost_is_below;
}

/* Sets the columns of what was achieved for the cost. */
static void
scan_set_result(ComparisonScan *scan, const ComparisonRow *row)
{
	const ResultSum *result = row->result;
	int128 hundredths;

	if (result == NULL || !result->is_known)
		return;
	scan_set_sum(scan, COMPARISON_TARGET, result->has_target, result->target);
	scan_set_sum(scan, COMPARISON_MEASURED, result->has_measured, result->measured);
	if (figures_attainment(result, &hundredths))
		scan_set(scan, COMPARISON_ATTAINMENT, attainment_to_numeric(hundredths));
	if (scan_has_cost_of_result(row))
		scan_set_ratio(scan, COMPARISON_COST_PER_RESULT, row->actual->amount, result->measured);
}

/* Sets the columns that only rows with all below them have. */
static void
scan_set_below(ComparisonScan *scan, const ComparisonRow *row, const TreeEntry *service,
			   const TreeEntry *participant)
{
	const UnitNames *units = scan->comparison->units;

	if (row->unit != 0)
		scan_set(scan, COMPARISON_UNIT, unit_name(units, row->unit));
	if (row->result != NULL && row->result->is_known)
		scan_set(scan, COMPARISON_RESULT_UNIT, unit_name(units, row->result->unit));
	if (participant->has_inhabitants)
		scan_set(scan, COMPARISON_INHABITANTS, Int64GetDatum(participant->inhabitants));
	scan_set(scan, COMPARISON_IS_GROUP,
			 BoolGetDatum(participant->has_below && !participant->counts_itself));
	scan_set(scan, COMPARISON_SERVICE_LEVEL, Int32GetDatum(service->depth - 1));
	scan_set(scan, COMPARISON_PARTICIPANT_LEVEL, Int32GetDatum(participant->depth - 1));
}

/* Warns of figures of a row that were left out. */
static void
scan_warn(ComparisonScan *scan, const TreeEntry *service, const TreeEntry *participant)
{
	ereport(WARNING,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("figures of service \"%s\" for participant \"%s\" are too large, and left null",
					TextDatumGetCString(service->code), TextDatumGetCString(participant->code)),
			 errhint("See whether its bookings are right.")));
	scan->is_too_large = false;
}

/* Puts a row out. */
static void
scan_put(const ComparisonRow *row, void *context)
{
	ComparisonScan *scan = context;
	const TreeEntry *service = register_tree_find(scan->comparison->services, row->pair.service_id);
	const TreeEntry *participant =
		register_tree_find(scan->comparison->participants, row->pair.participant_id);
	Signal signal = figures_signal(row->budget, row->result, &scan->limits);

	if (service == NULL || participant == NULL)
		return;
	memset(scan->nulls, true, sizeof(scan->nulls));
	scan_set(scan, COMPARISON_SERVICE, service->code);
	scan_set(scan, COMPARISON_SERVICE_KIND, scan->kinds[service->is_development]);
	scan_set(scan, COMPARISON_PARTICIPANT, participant->code);
	scan_set_cost(scan, row);
	scan_set_agreed(scan, row->agreed);
	scan_set_result(scan, row);
	if (scan->is_too_large || row->agreed->is_too_large)
		scan_warn(scan, service, participant);
	if (scan->below)
		scan_set_below(scan, row, service, participant);
	if (signal != SIGNAL_NONE)
		scan_set(scan, COMPARISON_SIGNAL, scan->signals[signal]);
	tuplestore_putvalues(scan->result->setResult, scan->result->setDesc, scan->values, scan->nulls);
}

/* Takes in a row of steering.signal_limit. */
static void
scan_read_limit(const TupleTableSlot *row, void *context)
{
	SignalLimits *limits = context;
	Amount amber = DatumGetAmount(row->tts_values[LIMIT_AMBER]);
	Amount red = DatumGetAmount(row->tts_values[LIMIT_RED]);

	if (DatumGetBool(row->tts_values[LIMIT_OF_BUDGET]))
	{
		limits->budget_amber = amber;
		limits->budget_red = red;
	}
	else
	{
		limits->attainment_amber = amber;
		limits->attainment_red = red;
	}
}

/* Reads from where on signals change; what is not set has a default. */
static void
scan_read_limits(SignalLimits *limits)
{
	limits->budget_amber = 90 * AMOUNT_SCALE;
	limits->budget_red = 100 * AMOUNT_SCALE;
	limits->attainment_amber = 100 * AMOUNT_SCALE;
	limits->attainment_red = 90 * AMOUNT_SCALE;
	query_visit_rows(LIMIT_QUERY, scan_read_limit, limits);
}

/* Reads an argument that is the first day of a month. */
static DateADT
scan_day(FunctionCallInfo fcinfo, int argument, const char *name)
{
	call_check_not_null(PG_ARGISNULL(argument), name);
	if (!calendar_begins_month(PG_GETARG_DATEADT(argument)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be the first day of a month", name)));
	return PG_GETARG_DATEADT(argument);
}

PG_FUNCTION_INFO_V1(steering_comparison_scan);

/* comparison_scan(first_day date, end_day date, below boolean, only_service integer) */
Datum
steering_comparison_scan(PG_FUNCTION_ARGS)
{
	DateADT first_day = scan_day(fcinfo, 0, "first_day");
	DateADT end_day = scan_day(fcinfo, 1, "end_day");
	int32 only_service = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	ComparisonScan scan = {0};

	if (first_day >= end_day)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("end_day must be after first_day")));
	InitMaterializedSRF(fcinfo, 0);
	scan.below = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	scan.result = (ReturnSetInfo *) fcinfo->resultinfo;
	scan.signals[SIGNAL_GREEN] = CStringGetTextDatum("green");
	scan.signals[SIGNAL_AMBER] = CStringGetTextDatum("amber");
	scan.signals[SIGNAL_RED] = CStringGetTextDatum("red");
	scan.kinds[false] = CStringGetTextDatum("standard");
	scan.kinds[true] = CStringGetTextDatum("development");
	scan_read_limits(&scan.limits);
	scan.comparison = comparison_read(first_day, end_day);
	if (scan.below)
		comparison_visit_below(scan.comparison, only_service, scan_put, &scan);
	else
		comparison_visit(scan.comparison, scan_put, &scan);
	return (Datum) 0;
}
