/*
 * comparison.h
 *	  Cost and results side by side: what is put together per service and participant.
 *
 * All of it lives in the memory of one call. Sums are 128 bits wide, and only what is put out must
 * fit.
 */
#ifndef SP71_COMPARISON_H
#define SP71_COMPARISON_H

#include "sp71_steering.h"

#include "agreements/agreement_cover.h"
#include "reports/register_tree.h"
#include "reports/unit_names.h"
#include "reports/usage_between.h"
#include "results/indicator_result.h"
#include "types/amount.h"

/* What was agreed, and what became of it, summed over agreements that have a cost to compare with. */
typedef struct AgreedSum
{
	int count;
	bool has_volume;     /* one of them has a contracted volume */
	bool has_price;      /* one of them has a price */
	bool is_too_large;   /* the volume under one of them is no amount: what it costs is not known */
	Amount lowest_price; /* of those that have */
	Amount highest_price;
	int128 cost; /* that was agreed beforehand */
	int128 volume;
	int128 priced_cost; /* the part of price_volume with a contracted volume */
	int128 priced_volume;
	int128 covered; /* actual cost of the bookings under them */
	int128 covered_volume;
	int128 flexible; /* what they say of covered_volume */
} AgreedSum;

/* The means that a cap sets, or several that follow one another. */
typedef struct BudgetSum
{
	bool is_known;
	bool has_headroom;
	int128 amount;
	int128 used;
	Amount headroom;
} BudgetSum;

/* What was achieved. What is missing has no flag, and does not count as zero. */
typedef struct ResultSum
{
	bool is_known;
	bool is_mixed;    /* results that do not add up */
	bool is_complete; /* each has a measurement */
	bool is_additive;
	bool has_target;
	bool has_measured;
	bool has_compared; /* there is a measurement of months that have a target */
	Direction direction;
	int32 unit; /* number of its name */
	int128 target;
	int128 measured;
	int128 compared;        /* what was measured in months that have a target */
	int128 compared_target; /* of those months */
} ResultSum;

/*
 * What is known of a pair, but for its usage. There are many, so they are kept small. Lists are by
 * number from 1 on; 0: empty.
 */
typedef struct ComparisonPair
{
	int32 budgets;      /* caps */
	int32 agreement;    /* number of the first one of its own */
	bool has_agreement; /* it has one */
	bool cost_is_below; /* something was booked on services below its own */
	bool has_result;
	bool is_additive; /* what follows is of its result */
	Direction direction;
	int32 unit;
	ResultFigures result;
} ComparisonPair;

typedef struct BudgetList BudgetList;

typedef struct Comparison
{
	DateADT first_day;
	DateADT end_day;
	Bitmapset *readable;  /* participants */
	bool results_of_tops; /* some are of services that have others below them */
	UnitNames *units;
	RegisterTree *services;
	RegisterTree *participants;
	UsageTotals *usage;
	ComparisonPair *pairs; /* by the numbers of usage->pairs; as many as count */
	int count;
	int room;
	AgreementCover *cover; /* what was agreed */
	UsageSum *covered;     /* what each agreement covers, by its number */
	BudgetList *budgets;
} Comparison;

/* What is put out of a service and a participant: where the figures stand. */
typedef struct ComparisonRow
{
	Pair pair;
	const UsageSum *actual;
	const UsageSum *committed;
	bool cost_is_below; /* actual is a part of what the result cost */
	int32 unit;         /* of the volume: number of its name; 0: none, or not one */
	const AgreedSum *agreed;
	const BudgetSum *budget;
	const ResultSum *result; /* NULL: none that adds up */
} ComparisonRow;

typedef void (*ComparisonVisitor)(const ComparisonRow *row, void *context);

extern Comparison *comparison_read(DateADT first_day, DateADT end_day);
extern void comparison_visit(Comparison *comparison, ComparisonVisitor visit, void *context);

/* comparison_pair.c */
extern ComparisonPair *comparison_pair(Comparison *comparison, int32 index);

/* comparison_agreement.c */
extern void comparison_read_agreements(Comparison *comparison);
extern void comparison_read_usage(Comparison *comparison);
extern AgreedSum comparison_agreed(const Comparison *comparison, const ComparisonPair *pair);

/* comparison_budget.c */
extern void comparison_read_budgets(Comparison *comparison);
extern BudgetSum comparison_budget(const Comparison *comparison, const ComparisonPair *pair);

/* comparison_result.c */
extern void comparison_read_results(Comparison *comparison);
extern ResultSum comparison_result(const ComparisonPair *pair);

/* comparison_below.c */
extern void comparison_visit_below(Comparison *comparison, int32 service_id,
								   ComparisonVisitor visit, void *context);

#endif
