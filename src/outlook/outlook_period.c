/*
 * outlook_period.c
 *	  The day and the period that an outlook is asked for; and which period it is when none was named:
 *	  the one around the day that caps or agreements have, else the calendar year.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "call.h"
#include "outlook/outlook.h"
#include "reports/query_rows.h"
#include "reports/usage_between.h"
#include "types/day_range.h"

extern Datum steering_period_range(PG_FUNCTION_ARGS);

/* The ranges of caps and agreements that hold a day, given as days since 2000-01-01. */
#define RANGE_QUERY                                                                                \
	"SELECT participant_id, during, metric"                                                        \
	" FROM steering.cap WHERE during OPERATOR(pg_catalog.@>) (date '2000-01-01' + %d)"             \
	" UNION ALL SELECT participant_id, during, NULL FROM steering.agreement"                       \
	" WHERE during OPERATOR(pg_catalog.@>) (date '2000-01-01' + %d)"

enum
{
	RANGE_PARTICIPANT,
	RANGE_DURING,
	RANGE_METRIC /* null: of an agreement */
};

/* Who has a range: caps on a Metric, or agreements. The lower, the more it says of money. */
typedef int RangeOwner;

#define OWNER_AGREEMENT METRIC_COUNT

typedef struct OwnedRange
{
	RangeOwner owner;
	PeriodRange months;
	int64 count; /* how many have it */
} OwnedRange;

typedef struct RangeList
{
	int32 month; /* of the day */
	Bitmapset *readable;
	OwnedRange *list;
	int64 count;
	int64 room;
} RangeList;

/* Reads an argument that is a day. Errors: 22004, 22023. */
DateADT
outlook_day_argument(Datum day, bool isnull, const char *name)
{
	call_check_not_null(isnull, name);
	if (DATE_NOT_FINITE(DatumGetDateADT(day)) ||
		DatumGetDateADT(day) < calendar_first_day(FISCAL_PERIOD_FIRST_MONTH) ||
		DatumGetDateADT(day) >= calendar_first_day(FISCAL_PERIOD_END_MONTH - 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a day of the years 1 to 9999", name)));
	return DatumGetDateADT(day);
}

/* Reads a period that was named. Errors: those of period_range(), 22023. */
static PeriodRange
period_read(Datum name, DateADT as_of)
{
	PeriodRange period;
	DateADT first_day;
	DateADT end_day;

	day_range_read(DirectFunctionCall1(steering_period_range, name), &first_day, &end_day);
	period.first_month = calendar_month(first_day);
	period.end_month = calendar_month(end_day);
	if (as_of < first_day || as_of >= end_day)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("as_of is not a day of period \"%s\"", TextDatumGetCString(name))));
	if (period.end_month - period.first_month > OUTLOOK_LONGEST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period \"%s\" is longer than ten years", TextDatumGetCString(name))));
	return period;
}

/* Returns the calendar year of a month. */
static PeriodRange
calendar_year(int32 month)
{
	int32 first = month / MONTHS_A_YEAR * MONTHS_A_YEAR;

	return (PeriodRange){first, first + MONTHS_A_YEAR};
}

/* Returns how many months a range has. */
static int32
range_length(const PeriodRange *months)
{
	return months->end_month - months->first_month;
}

/* Finds the months of a range of days; false if they are not whole, or too many. */
static bool
range_read_months(Datum during, PeriodRange *months)
{
	DateADT first_day;
	DateADT end_day;

	day_range_read(during, &first_day, &end_day);
	if (DATE_NOT_FINITE(first_day) || DATE_NOT_FINITE(end_day) ||
		first_day < calendar_first_day(FISCAL_PERIOD_FIRST_MONTH) ||
		end_day > calendar_first_day(FISCAL_PERIOD_END_MONTH))
		return false;
	months->first_month = calendar_month(first_day);
	months->end_month = calendar_month(end_day);
	return calendar_first_day(months->first_month) == first_day &&
		   calendar_first_day(months->end_month) == end_day;
}

/* Returns whose a range is. */
static RangeOwner
range_read_owner(const TupleTableSlot *row)
{
	return row->tts_isnull[RANGE_METRIC] ? OWNER_AGREEMENT
										 : metric_of(row->tts_values[RANGE_METRIC]);
}

/* Names who has a range. */
static const char *
range_owner_name(RangeOwner owner)
{
	return owner == OWNER_AGREEMENT ? "agreements" : psprintf("%s caps", metric_name(owner));
}

/*
 * Takes in a range. Of an agreement of years it is the year around the day, counted from its first
 * month: what was agreed is divided over the months, while the budget of a cap is for all of it.
 */
static void
range_read_row(const TupleTableSlot *row, void *context)
{
	RangeList *ranges = context;
	OwnedRange range = {.owner = range_read_owner(row), .count = 1};

	if (!bms_is_member(DatumGetInt32(row->tts_values[RANGE_PARTICIPANT]), ranges->readable) ||
		!range_read_months(row->tts_values[RANGE_DURING], &range.months))
		return;
	if (range.owner == OWNER_AGREEMENT && range_length(&range.months) > MONTHS_A_YEAR)
	{
		range.months.first_month +=
			(ranges->month - range.months.first_month) / MONTHS_A_YEAR * MONTHS_A_YEAR;
		range.months.end_month = range.months.first_month + MONTHS_A_YEAR;
	}
	if (range_length(&range.months) > OUTLOOK_LONGEST)
		return;
	if (ranges->count == ranges->room)
	{
		ranges->room *= 2;
		ranges->list = repalloc_huge(ranges->list, ranges->room * sizeof(OwnedRange));
	}
	ranges->list[ranges->count++] = range;
}

/* Compares ranges so that equal ones stand together. */
static int
range_compare(const void *a, const void *b)
{
	const OwnedRange *one = a;
	const OwnedRange *other = b;

	if (one->owner != other->owner)
		return one->owner < other->owner ? -1 : 1;
	if (one->months.first_month != other->months.first_month)
		return one->months.first_month < other->months.first_month ? -1 : 1;
	if (one->months.end_month != other->months.end_month)
		return one->months.end_month < other->months.end_month ? -1 : 1;
	return 0;
}

/*
 * Tells whether one range is more of a year to look at than another one: it has twelve months, it is
 * of money, more have it, it is the calendar year, it is longer.
 */
static bool
range_is_better(const OwnedRange *one, const OwnedRange *other)
{
	bool one_is_year = range_length(&one->months) == MONTHS_A_YEAR;
	bool other_is_year = range_length(&other->months) == MONTHS_A_YEAR;

	if (one_is_year != other_is_year)
		return one_is_year;
	if (one->owner != other->owner)
		return one->owner < other->owner;
	if (one->count != other->count)
		return one->count > other->count;
	if (one_is_year)
		return one->months.first_month % MONTHS_A_YEAR == 0;
	return range_length(&one->months) > range_length(&other->months);
}

/* Returns the best of the ranges; NULL: there is none. */
static const OwnedRange *
range_choose(RangeList *ranges)
{
	OwnedRange *best = NULL;
	OwnedRange *same = NULL;

	qsort(ranges->list, ranges->count, sizeof(OwnedRange), range_compare);
	for (int64 i = 0; i < ranges->count; i++)
	{
		if (same != NULL && range_compare(same, &ranges->list[i]) == 0)
			same->count++;
		else
			same = &ranges->list[i];
	}
	for (int64 i = 0; i < ranges->count; i += ranges->list[i].count)
		if (best == NULL || range_is_better(&ranges->list[i], best))
			best = &ranges->list[i];
	return best;
}

/* Finds the period around a day that caps or agreements have which the role may read. */
static OutlookPeriod
period_find(DateADT as_of)
{
	RangeList ranges = {.month = calendar_month(as_of), .room = 64};
	PeriodRange year = calendar_year(ranges.month);
	const OwnedRange *best;

	ranges.readable = usage_readable_participants();
	ranges.list = palloc(ranges.room * sizeof(OwnedRange));
	query_visit_rows(psprintf(RANGE_QUERY, (int) as_of, (int) as_of), range_read_row, &ranges);
	best = range_choose(&ranges);
	if (best == NULL ||
		(best->months.first_month == year.first_month && best->months.end_month == year.end_month))
		return (OutlookPeriod){year, NULL};
	return (OutlookPeriod){best->months, range_owner_name(best->owner)};
}

/* Reads the period; null: the one that caps or agreements have. Errors: those of period_range(), 22023. */
OutlookPeriod
outlook_period_argument(Datum period, bool isnull, DateADT as_of)
{
	if (isnull)
		return period_find(as_of);
	return (OutlookPeriod){period_read(period, as_of), NULL};
}
