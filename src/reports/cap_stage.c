/*
 * cap_stage.c
 *	  cap_stage_scan() in SQL: what is spent and what is committed under each cap.
 *
 * Whole months come from the usage cells, in one pass that adds to the caps over each: a join of cells with all that is below
 * each cap would take many times as long. Of months that a cap holds in part the bookings are read, where there are such. PUBLIC
 * may execute it: of caps that the role may not read it says nothing. All of it lives in the memory of one call.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "nodes/elsewhere.h"
#include "reports/query_rows.h"
#include "reports/register_tree.h"
#include "reports/usage_between.h"
#include "rules/metric.h"
#include "types/calendar.h"
#include "types/day_range.h"

#define STAGE_CAP_QUERY                                                                            \
	"SELECT cap_id, service_id, participant_id, metric, during FROM steering.cap"

/* Columns of the query on caps. */
enum
{
	CAP_ID,
	CAP_SERVICE,
	CAP_PARTICIPANT,
	CAP_METRIC,
	CAP_DURING
};

/* What was booked here on the days that caps hold of a month which they do not hold as a whole; %s: what stored usage is read from. */
#define STAGE_PART_QUERY                                                                           \
	"WITH cell AS (SELECT * FROM steering.%s), scope AS MATERIALIZED ("                            \
	"SELECT cap.cap_id, cap.metric, service_below.service_id, participant_below.participant_id, "  \
	"lower(cap.during) AS first_day, upper(cap.during) AS end_day, "                               \
	"steering.month_of(lower(cap.during)) AS first_month, "                                        \
	"steering.month_of(steering.month_of(lower(cap.during) - 1) + 31) AS whole_from, "             \
	"steering.month_of(upper(cap.during)) AS whole_to FROM steering.cap "                          \
	"JOIN steering.service_below ON service_below.top_id = cap.service_id "                        \
	"JOIN steering.participant_below ON participant_below.top_id = cap.participant_id "            \
	"WHERE lower(cap.during) <> steering.month_of(lower(cap.during)) "                             \
	"OR upper(cap.during) <> steering.month_of(upper(cap.during))), "                              \
	"stored AS MATERIALIZED (SELECT scope.cap_id, source.source_id, source.stage, "                \
	"cell.month FROM scope JOIN cell "                                                             \
	"ON cell.service_id = scope.service_id "                                                       \
	"AND cell.participant_id = scope.participant_id "                                              \
	"AND cell.month >= scope.first_month AND cell.month < scope.end_day "                          \
	"AND NOT (cell.month >= scope.whole_from AND cell.month < scope.whole_to) "                    \
	"JOIN steering.source_stage AS source ON source.source_id = cell.source_id), "                 \
	"partly AS (SELECT stored.source_id, stored.stage, min(stored.month) AS first_day, "           \
	"max(stored.month) + 31 AS end_day FROM stored GROUP BY stored.source_id, stored.stage), "     \
	"row_read AS MATERIALIZED (SELECT partly.stage, booked.* FROM partly CROSS JOIN LATERAL "      \
	"steering.booking_read(partly.first_day, partly.end_day, partly.source_id) AS booked), "       \
	"lost AS (SELECT row_read.source_id FROM row_read WHERE row_read.unreadable "                  \
	"UNION SELECT missing_table.source_id FROM steering.missing_table "                            \
	"WHERE missing_table.is_source) "                                                              \
	"SELECT scope.cap_id, row_read.stage = 'commitment', "                                         \
	"sum(steering.metric_part(scope.metric, row_read.amount::numeric, "                            \
	"row_read.volume::numeric))::steering.amount, false FROM row_read "                            \
	"JOIN scope ON scope.service_id = row_read.service_id "                                        \
	"AND scope.participant_id = row_read.participant_id "                                          \
	"AND row_read.booked_on >= scope.first_day AND row_read.booked_on < scope.end_day "            \
	"AND NOT (row_read.booked_on >= scope.whole_from AND row_read.booked_on < scope.whole_to) "    \
	"GROUP BY scope.cap_id, row_read.stage UNION ALL "                                             \
	"SELECT DISTINCT stored.cap_id, false, 0::steering.amount, true FROM stored "                  \
	"JOIN lost ON lost.source_id = stored.source_id"

/* Columns of it. */
enum
{
	PART_CAP,
	PART_IS_COMMITMENT,
	PART_USED,
	PART_IS_UNKNOWN
};

/* Columns of the result. */
enum
{
	STAGE_CAP,
	STAGE_ACTUAL,
	STAGE_COMMITTED,
	STAGE_IS_UNKNOWN,
	STAGE_COLUMNS
};

typedef struct StageCap
{
	int32 cap_id;
	Metric metric;
	DateADT first_day;
	DateADT end_day;
	DateADT whole_from; /* months from here on are whole */
	DateADT whole_to;   /* until before here */
	bool is_unknown;
	int32 next; /* over the same service and participant: by number from 1 on; 0: none */
	int128 actual;
	int128 committed;
} StageCap;

typedef struct StageList
{
	RegisterTree *services;
	RegisterTree *participants;
	Bitmapset *readable;
	PairIndex *pairs;
	int32 *firsts; /* cap of each pair by number from 1 on */
	int32 firsts_room;
	StageCap *caps;
	int32 count;
	int32 room;
	DateADT first_month; /* of all caps */
	DateADT end_month;
	bool has_parts;
	bool
		by_day; /* parts are of days, which are to be taken in of months that a cap holds in part */
} StageList;

/* Returns the place of the first cap over a pair. */
static int32 *
stage_first(StageList *list, Pair pair)
{
	int32 number = pair_index_add(list->pairs, pair);

	while (number >= list->firsts_room)
	{
		list->firsts = repalloc_huge(list->firsts, 2 * (Size) list->firsts_room * sizeof(int32));
		memset(&list->firsts[list->firsts_room], 0, (Size) list->firsts_room * sizeof(int32));
		list->firsts_room *= 2;
	}
	return &list->firsts[number];
}

/* Makes room for another cap and returns it, empty. */
static StageCap *
stage_add_cap(StageList *list)
{
	if (list->count == list->room)
	{
		list->room *= 2;
		list->caps = repalloc_huge(list->caps, (Size) list->room * sizeof(StageCap));
	}
	memset(&list->caps[list->count], 0, sizeof(StageCap));
	return &list->caps[list->count++];
}

/* Tells whether a cap holds a month in part. */
static bool
stage_has_part(const StageCap *cap)
{
	return cap->whole_from != cap->first_day || cap->whole_to != cap->end_day;
}

/* Tells whether a part of a usage cell, or of a day, is to be taken in. */
static bool
stage_takes(const StageList *list, const StageCap *cap, const UsagePart *part)
{
	bool is_whole = part->month >= cap->whole_from && part->month < cap->whole_to;

	if (!list->by_day)
		return is_whole;
	return !is_whole && part->month >= cap->first_day && part->month < cap->end_day;
}

/* Takes in a cap that the role may read. */
static void
stage_read_cap(const TupleTableSlot *row, void *context)
{
	StageList *list = context;
	Pair pair = {DatumGetInt32(row->tts_values[CAP_SERVICE]),
				 DatumGetInt32(row->tts_values[CAP_PARTICIPANT])};
	StageCap *cap;
	int32 *first;

	if (!bms_is_member(pair.participant_id, list->readable))
		return;
	cap = stage_add_cap(list);
	cap->cap_id = DatumGetInt32(row->tts_values[CAP_ID]);
	cap->metric = metric_of(query_value(row, CAP_METRIC));
	day_range_read(query_value(row, CAP_DURING), &cap->first_day, &cap->end_day);
	cap->whole_from = calendar_first_day(calendar_month(cap->first_day - 1) + 1);
	cap->whole_to = calendar_first_day(calendar_month(cap->end_day));
	list->has_parts |= stage_has_part(cap);
	list->first_month = Min(list->first_month, cap->whole_from);
	list->end_month = Max(list->end_month, cap->whole_to);
	first = stage_first(list, pair);
	cap->next = *first;
	*first = list->count;
}

/* Adds a part of a usage cell to the caps over a pair. */
static void
stage_add_part(StageList *list, const UsagePart *part, Pair over)
{
	int32 number = pair_index_find(list->pairs, over);

	for (int32 i = number < 0 ? 0 : list->firsts[number]; i > 0; i = list->caps[i - 1].next)
	{
		StageCap *cap = &list->caps[i - 1];

		if (!stage_takes(list, cap, part))
			continue;
		*(part->is_commitment ? &cap->committed : &cap->actual) +=
			metric_usage(cap->metric, &part->usage);
	}
}

/* Adds parts of usage cells to the caps over them. */
static void
stage_add_parts(const UsagePart *parts, int count, void *context)
{
	StageList *list = context;

	for (int n = 0; n < count; n++)
	{
		const TreeEntry *service = register_tree_find(list->services, parts[n].pair.service_id);
		const TreeEntry *participant =
			register_tree_find(list->participants, parts[n].pair.participant_id);

		if (service == NULL || participant == NULL)
			continue;
		for (int i = 0; i < service->depth; i++)
			for (int j = 0; j < participant->depth; j++)
				stage_add_part(list, &parts[n], (Pair){service->path[i], participant->path[j]});
	}
}

/* Compares two caps by number. */
static int
stage_compare(const void *one, const void *other)
{
	int32 a = ((const StageCap *) one)->cap_id;
	int32 b = ((const StageCap *) other)->cap_id;

	return a < b ? -1 : a > b;
}

/* Takes in what was booked on a cap in months that it holds in part. The caps are in order. */
static void
stage_read_part(const TupleTableSlot *row, void *context)
{
	StageList *list = context;
	StageCap key = {.cap_id = DatumGetInt32(row->tts_values[PART_CAP])};
	StageCap *cap = bsearch(&key, list->caps, list->count, sizeof(StageCap), stage_compare);

	if (cap == NULL)
		return;
	if (DatumGetBool(row->tts_values[PART_IS_UNKNOWN]))
		cap->is_unknown = true;
	*(DatumGetBool(row->tts_values[PART_IS_COMMITMENT]) ? &cap->committed : &cap->actual) +=
		DatumGetAmount(row->tts_values[PART_USED]);
}

/* Returns the days of all caps that hold a month in part. */
static void
stage_part_days(const StageList *list, DateADT *first_day, DateADT *end_day)
{
	*first_day = DATEVAL_NOEND;
	*end_day = DATEVAL_NOBEGIN;
	for (int32 i = 0; i < list->count; i++)
	{
		const StageCap *cap = &list->caps[i];

		if (!stage_has_part(cap))
			continue;
		*first_day = Min(*first_day, cap->first_day);
		*end_day = Max(*end_day, cap->end_day);
	}
}

/* Takes in what was booked on other nodes in months that caps hold in part, where reports show it. */
static void
stage_read_elsewhere(StageList *list)
{
	DateADT first_day;
	DateADT end_day;
	const ElsewhereCells *days;

	if (!elsewhere_is_shown())
		return;
	stage_part_days(list, &first_day, &end_day);
	days = elsewhere_days(first_day, end_day);
	list->by_day = true;
	for (uint64 i = 0; i < days->count; i++)
	{
		const ElsewhereCell *day = &days->list[i];
		UsagePart part = {day->usage,
						  {day->service_id, day->participant_id},
						  day->month,
						  day->is_commitment};

		CHECK_FOR_INTERRUPTS();
		stage_add_parts(&part, 1, list);
	}
	list->by_day = false;
}

/* Puts out a cap. A sum that does not fit is an error (22003). */
static void
stage_put(ReturnSetInfo *result, const StageCap *cap)
{
	Datum values[STAGE_COLUMNS];
	bool nulls[STAGE_COLUMNS] = {false};

	CHECK_FOR_INTERRUPTS();
	values[STAGE_CAP] = Int32GetDatum(cap->cap_id);
	values[STAGE_ACTUAL] = AmountGetDatum(amount_narrow(cap->actual));
	values[STAGE_COMMITTED] = AmountGetDatum(amount_narrow(cap->committed));
	values[STAGE_IS_UNKNOWN] = BoolGetDatum(cap->is_unknown);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Reads the caps, and what they stand over. */
static void
stage_read(StageList *list)
{
	list->services = register_tree_of_services(unit_names_create());
	list->participants = register_tree_of_participants();
	list->readable = usage_wanted_participants();
	list->pairs = pair_index_create();
	list->firsts = palloc0(list->firsts_room * sizeof(int32));
	list->caps = palloc(list->room * sizeof(StageCap));
	query_visit_rows(STAGE_CAP_QUERY, stage_read_cap, list);
}

PG_FUNCTION_INFO_V1(steering_cap_stage_scan);

/* cap_stage_scan() */
Datum
steering_cap_stage_scan(PG_FUNCTION_ARGS)
{
	StageList list = {.firsts_room = 256,
					  .room = 256,
					  .first_month = DATEVAL_NOEND,
					  .end_month = DATEVAL_NOBEGIN};

	InitMaterializedSRF(fcinfo, 0);
	stage_read(&list);
	if (list.first_month < list.end_month)
		usage_visit(list.first_month, list.end_month, list.readable, stage_add_parts, &list);
	if (list.has_parts)
		stage_read_elsewhere(&list);
	qsort(list.caps, list.count, sizeof(StageCap), stage_compare);
	if (list.has_parts)
		query_visit_rows(psprintf(STAGE_PART_QUERY, elsewhere_cells_here()), stage_read_part,
						 &list);
	for (int32 i = 0; i < list.count; i++)
		stage_put((ReturnSetInfo *) fcinfo->resultinfo, &list.caps[i]);
	return (Datum) 0;
}
