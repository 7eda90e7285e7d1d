/*
 * outlook_cap.c
 *	  cap_outlook_scan() in SQL: what the usage of caps will be at their end, and in which month they
 *	  are reached.
 *
 * A cap counts the bookings on its service and all below it, for its participant and all below it, of
 * both stages. So the series of its scope are sums of those of services and participants, and so is
 * the profile of its service: that of all below it, for all participants that the role may read.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "outlook/outlook_course.h"
#include "registers/register_node.h"
#include "reports/query_rows.h"
#include "reports/register_tree.h"
#include "reports/usage_between.h"
#include "types/day_range.h"
#include "types/ladder.h"

/* The caps in force on a day, as days since 2000-01-01. */
#define CAP_QUERY                                                                                  \
	"SELECT cap_id, service_id, participant_id, metric, during, amount, ladder"                    \
	" FROM steering.cap WHERE during @> (date '2000-01-01' + %d)"

enum
{
	CAP_ID,
	CAP_SERVICE,
	CAP_PARTICIPANT,
	CAP_METRIC,
	CAP_DURING,
	CAP_AMOUNT,
	CAP_LADDER
};

/* Columns of the result. */
enum
{
	COLUMN_CAP,
	COLUMN_SERVICE,
	COLUMN_PARTICIPANT,
	COLUMN_METRIC,
	COLUMN_FIRST_DAY,
	COLUMN_LAST_DAY,
	COLUMN_AMOUNT,
	COLUMN_BLOCKS_AT,
	COLUMN_BASIS,
	COLUMN_USED,
	COLUMN_EXPECTED,
	COLUMN_LIMIT_MONTH,
	COLUMN_BLOCK_MONTH,
	CAP_COLUMNS
};

typedef struct CapRow
{
	int32 cap_id;
	Pair pair;
	Metric metric;
	bool has_outlook; /* whole months, and not too many */
	bool has_blocks_at;
	DateADT first_day;
	DateADT end_day;
	PeriodRange months;
	Amount amount;
	Amount blocks_at;
} CapRow;

typedef struct CapList
{
	ReturnSetInfo *result;
	DateADT as_of;
	OutlookMethod method;
	RegisterTree *services;
	RegisterTree *participants;
	Bitmapset *readable;
	CapRow *list;
	int32 count;
	int32 room;
} CapList;

/* Takes in a cap. */
static void
cap_read_row(const TupleTableSlot *row, void *context)
{
	CapList *caps = context;
	CapRow cap = {.cap_id = DatumGetInt32(row->tts_values[CAP_ID]),
				  .metric = metric_of(query_value(row, CAP_METRIC)),
				  .amount = DatumGetAmount(row->tts_values[CAP_AMOUNT])};

	cap.pair.service_id = DatumGetInt32(row->tts_values[CAP_SERVICE]);
	cap.pair.participant_id = DatumGetInt32(row->tts_values[CAP_PARTICIPANT]);
	if (!bms_is_member(cap.pair.participant_id, caps->readable) ||
		!usage_is_wanted(cap.pair.participant_id))
		return;
	day_range_read(query_value(row, CAP_DURING), &cap.first_day, &cap.end_day);
	cap.months.first_month = calendar_month(cap.first_day);
	cap.months.end_month = calendar_month(cap.end_day);
	cap.has_outlook = calendar_first_day(cap.months.first_month) == cap.first_day &&
					  calendar_first_day(cap.months.end_month) == cap.end_day &&
					  cap.months.end_month - cap.months.first_month <= OUTLOOK_LONGEST;
	cap.has_blocks_at =
		ladder_blocks_at(DatumGetLadder(query_value(row, CAP_LADDER)), cap.amount, &cap.blocks_at);
	if (caps->count == caps->room)
	{
		caps->room *= 2;
		caps->list = repalloc_huge(caps->list, (Size) caps->room * sizeof(CapRow));
	}
	caps->list[caps->count++] = cap;
}

/* Returns the months that the caps of a metric are about; none if there is no such cap. */
static PeriodRange
cap_window(const CapList *caps, Metric metric)
{
	PeriodRange window = {PG_INT32_MAX, 0};

	for (int32 i = 0; i < caps->count; i++)
	{
		const CapRow *cap = &caps->list[i];

		if (cap->metric != metric || !cap->has_outlook)
			continue;
		window.first_month =
			Min(window.first_month, cap->months.first_month - OUTLOOK_EARLIER_MONTHS);
		window.end_month = Max(window.end_month, cap->months.end_month);
	}
	return window;
}

/* Adds the bookings of a pair to the scopes that it is in. */
static void
cap_add_pair(CapList *caps, Outlook *scopes, const OutlookPair *pair)
{
	const TreeEntry *service = register_tree_find(caps->services, pair->pair.service_id);
	const TreeEntry *participant =
		register_tree_find(caps->participants, pair->pair.participant_id);

	if (service == NULL || participant == NULL)
		return;
	outlook_add_pair(scopes, outlook_find(scopes, (Pair){OUTLOOK_ALL, OUTLOOK_ALL}), pair);
	for (int i = 0; i < service->depth; i++)
	{
		OutlookPair *scope = outlook_find(scopes, (Pair){service->path[i], OUTLOOK_ALL});

		if (scope == NULL)
			continue;
		outlook_add_pair(scopes, scope, pair);
		for (int j = 0; j < participant->depth; j++)
		{
			scope = outlook_find(scopes, (Pair){service->path[i], participant->path[j]});
			if (scope != NULL)
				outlook_add_pair(scopes, scope, pair);
		}
	}
}

/* Reads the usage of the scopes of all caps of a metric. */
static Outlook *
cap_read_scopes(CapList *caps, PeriodRange window, Metric metric)
{
	Outlook *scopes = outlook_create(window, metric);
	const Outlook *pairs;

	outlook_pair(scopes, (Pair){OUTLOOK_ALL, OUTLOOK_ALL});
	for (int32 i = 0; i < caps->count; i++)
	{
		const CapRow *cap = &caps->list[i];

		if (cap->metric != metric)
			continue;
		outlook_pair(scopes, (Pair){cap->pair.service_id, OUTLOOK_ALL});
		outlook_pair(scopes, cap->pair);
	}
	pairs = outlook_read_pairs(window, metric, caps->as_of);
	for (int32 i = 0; i < pairs->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cap_add_pair(caps, scopes, &pairs->pairs[i]);
	}
	scopes->services = caps->services;
	scopes->participants = caps->participants;
	return scopes;
}

/* Sets the columns of what is expected of a cap. */
static void
cap_set_course(const OutlookCourse *course, const CapRow *cap, Datum *values, bool *nulls)
{
	DateADT month = 0;

	values[COLUMN_BASIS] = CStringGetTextDatum(outlook_basis_name(course->basis));
	values[COLUMN_USED] = AmountGetDatum(course->used);
	values[COLUMN_EXPECTED] = AmountGetDatum(course->expected);
	nulls[COLUMN_USED] = nulls[COLUMN_EXPECTED] = false;
	nulls[COLUMN_LIMIT_MONTH] = !outlook_course_find_month(course, cap->amount - 1, &month);
	values[COLUMN_LIMIT_MONTH] = DateADTGetDatum(month);
	nulls[COLUMN_BLOCK_MONTH] =
		!cap->has_blocks_at || !outlook_course_find_month(course, cap->blocks_at, &month);
	values[COLUMN_BLOCK_MONTH] = DateADTGetDatum(month);
}

/* Puts out a cap. */
static void
cap_put(const CapList *caps, const Outlook *scopes, const CapRow *cap)
{
	const TreeEntry *service = register_tree_find(caps->services, cap->pair.service_id);
	const TreeEntry *participant = register_tree_find(caps->participants, cap->pair.participant_id);
	Datum values[CAP_COLUMNS];
	bool nulls[CAP_COLUMNS] = {false};

	CHECK_FOR_INTERRUPTS();
	if (service == NULL || participant == NULL)
		return;
	values[COLUMN_CAP] = Int32GetDatum(cap->cap_id);
	values[COLUMN_SERVICE] = service->code;
	values[COLUMN_PARTICIPANT] = participant->code;
	values[COLUMN_METRIC] = CStringGetTextDatum(metric_name(cap->metric));
	values[COLUMN_FIRST_DAY] = DateADTGetDatum(cap->first_day);
	values[COLUMN_LAST_DAY] = DateADTGetDatum(cap->end_day - 1);
	values[COLUMN_AMOUNT] = AmountGetDatum(cap->amount);
	values[COLUMN_BLOCKS_AT] = AmountGetDatum(cap->blocks_at);
	nulls[COLUMN_BLOCKS_AT] = !cap->has_blocks_at;
	nulls[COLUMN_USED] = nulls[COLUMN_EXPECTED] = true;
	nulls[COLUMN_LIMIT_MONTH] = nulls[COLUMN_BLOCK_MONTH] = true;
	if (cap->has_outlook)
	{
		OutlookPoint point = outlook_point(cap->months, caps->as_of);
		OutlookCourse course = outlook_course(scopes, cap->pair, &point, caps->method);

		cap_set_course(&course, cap, values, nulls);
	}
	else
		values[COLUMN_BASIS] = CStringGetTextDatum("not of whole months, or too long");
	tuplestore_putvalues(caps->result->setResult, caps->result->setDesc, values, nulls);
}

/* Puts out the caps of a metric. */
static void
cap_put_metric(CapList *caps, Metric metric)
{
	PeriodRange window = cap_window(caps, metric);
	Outlook *scopes = NULL;

	if (window.end_month > window.first_month)
		scopes = cap_read_scopes(caps, window, metric);
	for (int32 i = 0; i < caps->count; i++)
		if (caps->list[i].metric == metric)
			cap_put(caps, scopes, &caps->list[i]);
}

/* Reads a method that knows caps. Null: the profile multiplies. Error: 22023. */
static OutlookMethod
cap_method_argument(Datum argument, bool isnull)
{
	char *name;
	OutlookMethod method;

	if (isnull)
		return OUTLOOK_SEASONAL;
	name = TextDatumGetCString(argument);
	method = outlook_method_parse(name);
	if (method >= OUTLOOK_EAC_BUDGET)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown method \"%s\" for caps", name),
						errhint("The methods for caps are run_rate, seasonal, additive and "
								"committed.")));
	return method;
}

PG_FUNCTION_INFO_V1(steering_cap_outlook_scan);

/* cap_outlook_scan(as_of date, method text) */
Datum
steering_cap_outlook_scan(PG_FUNCTION_ARGS)
{
	CapList caps = {.room = 256};

	caps.as_of = outlook_day_argument(PG_GETARG_DATUM(0), PG_ARGISNULL(0), "as_of");
	caps.method = cap_method_argument(PG_GETARG_DATUM(1), PG_ARGISNULL(1));
	InitMaterializedSRF(fcinfo, 0);
	caps.result = (ReturnSetInfo *) fcinfo->resultinfo;
	caps.services = register_tree_of_services(unit_names_create());
	caps.participants = register_tree_of_participants();
	caps.readable = usage_readable_participants();
	caps.list = palloc(caps.room * sizeof(CapRow));
	query_visit_rows(psprintf(CAP_QUERY, (int) caps.as_of), cap_read_row, &caps);
	for (Metric metric = 0; metric < METRIC_COUNT; metric++)
		cap_put_metric(&caps, metric);
	return (Datum) 0;
}
