/*
 * outlook.h
 *	  What the end of a period will bring: bookings by month, and the methods that go on from them.
 *
 * All of it lives in the memory of one call. Months count as in fiscal_period.h.
 */
#ifndef SP71_OUTLOOK_H
#define SP71_OUTLOOK_H

#include "sp71_steering.h"

#include "nodes/bitmapset.h"
#include "utils/date.h"

#include "reports/pair_index.h"
#include "reports/register_tree.h"
#include "rules/metric.h"
#include "types/amount.h"
#include "types/calendar.h"
#include "types/period_range.h"

#define OUTLOOK_EARLIER_MONTHS 120 /* how far back a profile goes */
#define OUTLOOK_LONGEST 120        /* months of a period */
#define OUTLOOK_ALL 0              /* in place of an id: the sum of all */
#define MONTHS_A_YEAR 12
#define YEARS_AT_MOST (OUTLOOK_EARLIER_MONTHS / MONTHS_A_YEAR)

/* The methods, the simplest one first: where nothing tells them apart, it is taken. */
typedef enum OutlookMethod
{
	OUTLOOK_RUN_RATE,
	OUTLOOK_SEASONAL,
	OUTLOOK_ADDITIVE,
	OUTLOOK_COMMITTED,
	OUTLOOK_EAC_BUDGET,
	OUTLOOK_EAC_CPI,
	OUTLOOK_EAC_SPI_CPI,
	OUTLOOK_METHODS /* how many there are; also: none was named */
} OutlookMethod;

/* What a figure rests on: a profile that multiplies, one that adds, or nothing but what was booked. */
typedef enum OutlookBasis
{
	OUTLOOK_OF_PAIR,
	OUTLOOK_OF_SERVICE,
	OUTLOOK_OF_ALL,
	OUTLOOK_OF_DAYS,
	OUTLOOK_ADDED,
	OUTLOOK_OF_ACTUAL
} OutlookBasis;

/* Amounts by month, from the first month of a window on, in blocks of twelve where there are any. */
typedef struct OutlookSeries
{
	int128 before; /* the window */
	Amount part;   /* of the month that is known in part */
	Amount **years;
} OutlookSeries;

/* What was measured in some months. */
typedef struct OutlookMeasured
{
	PeriodRange months;
	Amount value;
	int32 next; /* later, of the same pair: by number from 1 on; 0: none */
} OutlookMeasured;

/* What was planned for a pair over a period. */
typedef struct OutlookPlan
{
	bool has_budget;
	bool has_blocks_at;
	bool has_agreed;
	bool has_target;
	bool is_above; /* others below have a budget or agreed cost */
	Amount budget;
	Amount blocks_at;
	Amount target;
	int128 agreed;
	int32 measured; /* first in time */
} OutlookPlan;

/* A service and a participant; participant OUTLOOK_ALL: the service; both: everything. */
typedef struct OutlookPair
{
	Pair pair;
	int32 first_booked; /* month in the window */
	int32 last_booked;  /* month; PG_INT32_MAX: in the part of a month that is known */
	bool is_above; /* others are booked on below it, which its cap and its agreement hold for too */
	OutlookSeries actual;
	OutlookSeries committed;
	OutlookPlan plan;
} OutlookPair;

typedef struct Outlook
{
	Metric metric;
	int32 first_month; /* of the window */
	int32 end_month;   /* exclusive: of the months that are known as a whole */
	int years;         /* blocks of twelve months in the window */
	Bitmapset *readable;
	Bitmapset *commitments; /* sources of this stage */
	RegisterTree *services; /* from outlook_sum_levels() on */
	RegisterTree *participants;
	PairIndex *index;
	OutlookPair *pairs;
	int32 count;
	int32 room;
	OutlookMeasured *measured;
	int32 measured_count;
	int32 measured_room;
} Outlook;

/* A day in a period, up to which all is known. */
typedef struct OutlookPoint
{
	PeriodRange period;
	int32 step;       /* months from a period to the next one with the same season */
	int32 known;      /* whole months */
	int32 part_days;  /* known of the month after them */
	int32 month_days; /* that this month has; 1 if nothing is known of it */
	int32 elapsed_days;
	int32 period_days;
} OutlookPoint;

/* The part of a period that was reached: reached / whole, in earlier years together. */
typedef struct OutlookProfile
{
	OutlookBasis basis;
	bool is_whole; /* none of the years is known in part only */
	int32 years;   /* of a series: how many there are */
	int32 days;    /* of a series: by which amounts are multiplied */
	int128 reached;
	int128 whole;
} OutlookProfile;

/* What is known of a pair on a day, from which the methods go on. */
typedef struct OutlookStart
{
	Amount actual;
	Amount committed;
	bool is_over; /* nothing can be booked on it any more */
	OutlookProfile own;
	bool has_others; /* the next one was found */
	OutlookProfile others;
} OutlookStart;

/* What came of a method. */
typedef struct OutlookFigure
{
	bool is_known;
	bool is_planned; /* a part of the plan was added */
	OutlookBasis basis;
	Amount expected;
} OutlookFigure;

/* The period of an outlook, and where it is from. */
typedef struct OutlookPeriod
{
	PeriodRange months;
	const char *source; /* who has it; NULL: it was asked for, or is the calendar year */
} OutlookPeriod;

/* How far a method was off. */
typedef struct OutlookError
{
	int64 count;
	int128 distance;
	int128 bias; /* positive: too high */
	int128 actual;
} OutlookError;

/* outlook_pairs.c */
extern Outlook *outlook_create(PeriodRange window, Metric metric);
extern OutlookPair *outlook_pair(Outlook *outlook, Pair pair);
extern OutlookPair *outlook_find(const Outlook *outlook, Pair pair);

/* outlook_booked.c */
extern void outlook_read_bookings(Outlook *outlook, DateADT first_day, DateADT last_day);

/* outlook_usage.c */
extern Outlook *outlook_read_pairs(PeriodRange window, Metric metric, DateADT as_of);
extern Outlook *outlook_take_pairs(PeriodRange window, Metric metric, DateADT as_of);
extern void outlook_add_pair(Outlook *outlook, OutlookPair *sum, const OutlookPair *pair);
extern void outlook_sum_levels(Outlook *outlook);
extern int128 outlook_sum(const Outlook *outlook, const OutlookSeries *series, int32 first_month,
						  int32 end_month);
extern bool outlook_is_booked(const Outlook *outlook, const OutlookSeries *series,
							  int32 first_month, int32 end_month);

/* outlook_profile.c */
extern OutlookPoint outlook_point(PeriodRange period, DateADT as_of);
extern OutlookPoint outlook_point_at_month(PeriodRange period, int32 known);
extern bool outlook_has_begun(const Outlook *outlook, const OutlookSeries *series, int32 month,
							  int32 step);
extern OutlookProfile outlook_profile_of_days(const OutlookPoint *point);
extern OutlookProfile outlook_profile_of_series(const Outlook *outlook, const OutlookSeries *series,
												const OutlookPoint *point);
extern bool outlook_profile_is_ratio(const OutlookProfile *profile);
extern OutlookProfile outlook_profile(const Outlook *outlook, const OutlookPair *pair,
									  const OutlookPoint *point);
extern OutlookProfile outlook_profile_of_rest(const Outlook *outlook, const OutlookPair *pair,
											  const OutlookPoint *point);
extern Amount outlook_complete(Amount actual, const OutlookProfile *profile);
extern Amount outlook_rest(const OutlookProfile *profile);

/* outlook_method.c */
extern OutlookMethod outlook_method_parse(const char *name);
extern const char *outlook_method_name(OutlookMethod method);
extern Amount outlook_usage_to_date(const Outlook *outlook, const OutlookSeries *series,
									const OutlookPoint *point);
extern OutlookStart outlook_start(const Outlook *outlook, const OutlookPair *pair,
								  const OutlookPoint *point);
extern OutlookFigure outlook_expect(const Outlook *outlook, const OutlookPair *pair,
									const OutlookPoint *point, OutlookStart *start,
									OutlookMethod method);

/* outlook_work.c */
extern bool outlook_has_work(const OutlookPlan *plan);
extern Amount outlook_planned_cost(const OutlookPlan *plan);
extern OutlookFigure outlook_work_expect(const Outlook *outlook, const OutlookPair *pair,
										 const OutlookPoint *point, OutlookMethod method);

/* outlook_plan.c */
extern void outlook_read_plan(Outlook *outlook, PeriodRange period, bool with_results);

/* outlook_value.c */
extern Amount outlook_quotient(const int128 *factors, int factors_count, const int128 *divisors,
							   int divisors_count);

/* outlook_period.c */
extern DateADT outlook_day_argument(Datum day, bool isnull, const char *name);
extern OutlookPeriod outlook_period_argument(Datum period, bool isnull, DateADT as_of);

/* outlook_sql.c */
extern OutlookMethod outlook_method_argument(Datum argument, bool isnull);
extern const char *outlook_basis_name(OutlookBasis basis);
extern bool outlook_has_row(const OutlookPair *pair, const OutlookPoint *point,
							const OutlookStart *start);

/* outlook_evidence.c */
extern int outlook_list_years(const Outlook *outlook, PeriodRange first, int count,
							  PeriodRange *years);
extern Datum outlook_percentage(int128 part, int128 whole, bool *isnull);
extern void outlook_test(Outlook *outlook, PeriodRange year, int32 known, OutlookError *errors);

#endif
