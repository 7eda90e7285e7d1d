/*
 * comparison_budget.c
 *	  The means: budget caps on exactly a service and a participant, over a period.
 *
 * The budget is the cap over the period itself, else the shortest one that contains the period (of two
 * as long the first), else those within it that follow one another: from the first day on, of those that begin on a day the
 * longest. Cumulative caps to the end of each month are so not added up. Usage of a cap is that of its
 * own range, with all below service and participant, spent and committed.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "comparison/comparison.h"
#include "ledger/changed_counter.h"
#include "nodes/elsewhere.h"
#include "reports/query_rows.h"
#include "types/ladder.h"

/* The columns that are read, in this order. */
#define CAP_QUERY                                                                                  \
	"SELECT service_id, participant_id, cap_id, during, amount, ladder"                            \
	" FROM steering.cap WHERE metric = 'budget'"
#define COUNTER_QUERY "SELECT cap_id, used FROM steering.cap_counter"

enum
{
	BUDGET_SERVICE,
	BUDGET_PARTICIPANT,
	BUDGET_CAP,
	BUDGET_DURING,
	BUDGET_AMOUNT,
	BUDGET_LADDER
};

enum
{
	COUNTER_CAP_ID,
	COUNTER_USED
};

/* A cap that contains the period or is within it. */
typedef struct Budget
{
	int32 cap_id;
	int32 next; /* of the same pair: by number from 1 on */
	DateADT first_day;
	DateADT end_day;
	Amount amount;
	bool blocks;
	bool is_chosen;
	Amount blocks_at;
	int128 used;
} Budget;

/* Where a cap is in the list. */
typedef struct BudgetEntry
{
	int32 cap_id;
	char status;
	int32 number;
} BudgetEntry;

#define SH_PREFIX budget_hash
#define SH_ELEMENT_TYPE BudgetEntry
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"
#include "types/day_range.h"

struct BudgetList
{
	const Comparison *comparison;
	Budget *list;
	int32 count;
	int32 room;
	budget_hash_hash *chosen;
};

/* Tells whether a cap contains the period. */
static inline bool
budget_contains(const Comparison *comparison, const Budget *budget)
{
	return budget->first_day <= comparison->first_day && budget->end_day >= comparison->end_day;
}

/* Tells whether a cap is within the period. */
static inline bool
budget_is_within(const Comparison *comparison, const Budget *budget)
{
	return budget->first_day >= comparison->first_day && budget->end_day <= comparison->end_day;
}

/* Adds a cap to those of a pair. */
static void
budget_add(Comparison *comparison, Pair pair, const Budget *budget)
{
	BudgetList *budgets = comparison->budgets;
	ComparisonPair *entry = comparison_pair(comparison, usage_total_of(comparison->usage, pair));

	if (budgets->count == budgets->room)
	{
		budgets->room *= 2;
		budgets->list = repalloc_huge(budgets->list, (Size) budgets->room * sizeof(Budget));
	}
	budgets->list[budgets->count] = *budget;
	budgets->list[budgets->count].next = entry->budgets;
	entry->budgets = ++budgets->count;
}

/* Takes in a row of steering.cap. */
static void
budget_read_row(const TupleTableSlot *row, void *context)
{
	Comparison *comparison = context;
	Pair pair = {DatumGetInt32(row->tts_values[BUDGET_SERVICE]),
				 DatumGetInt32(row->tts_values[BUDGET_PARTICIPANT])};
	Budget budget = {0};

	if (!bms_is_member(pair.participant_id, comparison->readable))
		return;
	day_range_read(query_value(row, BUDGET_DURING), &budget.first_day, &budget.end_day);
	if (!budget_contains(comparison, &budget) && !budget_is_within(comparison, &budget))
		return;
	budget.cap_id = DatumGetInt32(row->tts_values[BUDGET_CAP]);
	budget.amount = DatumGetAmount(row->tts_values[BUDGET_AMOUNT]);
	budget.blocks = ladder_blocks_at(DatumGetLadder(query_value(row, BUDGET_LADDER)), budget.amount,
									 &budget.blocks_at);
	budget_add(comparison, pair, &budget);
}

/* Chooses a cap, so that its usage is asked for. */
static void
budget_choose(BudgetList *budgets, int32 number)
{
	bool found;
	Budget *budget = &budgets->list[number - 1];

	budget->is_chosen = true;
	budget_hash_insert(budgets->chosen, budget->cap_id, &found)->number = number;
}

/* Tells whether a cap is the shorter one, or as long and begins first. */
static bool
budget_is_shorter(const Budget *budget, const Budget *other)
{
	int32 days = budget->end_day - budget->first_day;
	int32 other_days = other->end_day - other->first_day;

	return days < other_days || (days == other_days && budget->first_day < other->first_day);
}

/* Returns the shortest of a pair's caps that contains the period, or 0. */
static int32
budget_find_containing(const BudgetList *budgets, int32 first)
{
	int32 best = 0;

	for (int32 number = first; number != 0; number = budgets->list[number - 1].next)
	{
		const Budget *budget = &budgets->list[number - 1];

		if (budget_contains(budgets->comparison, budget) &&
			(best == 0 || budget_is_shorter(budget, &budgets->list[best - 1])))
			best = number;
	}
	return best;
}

/* Returns the first of a pair's caps that begins on this day or later, the longest of these; or 0. */
static int32
budget_find_from(const BudgetList *budgets, int32 first, DateADT day)
{
	int32 best = 0;

	for (int32 number = first; number != 0; number = budgets->list[number - 1].next)
	{
		const Budget *budget = &budgets->list[number - 1];
		const Budget *other = &budgets->list[Max(best, 1) - 1];

		if (budget->first_day < day)
			continue;
		if (best == 0 || budget->first_day < other->first_day ||
			(budget->first_day == other->first_day && budget->end_day > other->end_day))
			best = number;
	}
	return best;
}

/* Chooses the caps that are the budget of a pair. */
static void
budget_choose_of(BudgetList *budgets, const ComparisonPair *pair)
{
	int32 number = budget_find_containing(budgets, pair->budgets);

	if (number != 0)
	{
		budget_choose(budgets, number);
		return;
	}
	number = budget_find_from(budgets, pair->budgets, budgets->comparison->first_day);
	while (number != 0)
	{
		budget_choose(budgets, number);
		number = budget_find_from(budgets, pair->budgets, budgets->list[number - 1].end_day);
	}
}

/* Adds to the usage of a cap, if it was chosen. */
static void
budget_add_used(BudgetList *budgets, int32 cap_id, int128 used)
{
	const BudgetEntry *entry = budget_hash_lookup(budgets->chosen, cap_id);

	if (entry != NULL)
		budgets->list[entry->number - 1].used += used;
}

/* Takes in a row of steering.cap_counter. */
static void
budget_read_counter(const TupleTableSlot *row, void *context)
{
	budget_add_used(context, DatumGetInt32(row->tts_values[COUNTER_CAP_ID]),
					DatumGetAmount(row->tts_values[COUNTER_USED]));
}

/* Takes in what the present transaction has booked and not written yet. */
static void
budget_read_unwritten(BudgetList *budgets)
{
	const ChangedCounter *changed;
	int position = 0;

	while ((changed = changed_counter_next_unwritten(&position)) != NULL)
		budget_add_used(budgets, changed->key, changed_counter_unwritten(changed));
}

/* Takes in what other nodes have counted, where reports show it. */
static void
budget_read_elsewhere(BudgetList *budgets)
{
	const ElsewhereCounters *counters = elsewhere_counters(NULL);

	for (uint64 i = 0; i < counters->count; i++)
		budget_add_used(budgets, counters->list[i].cap_id, counters->list[i].used);
}

/*
 * Adds a cap to the budget of a pair. Headroom is that of one cap over just the period, as long as an
 * amount holds it.
 */
static void
budget_sum_add(BudgetSum *sum, const Comparison *comparison, const Budget *budget)
{
	int128 headroom;

	sum->is_known = true;
	sum->amount += budget->amount;
	sum->used += budget->used;
	sum->has_headroom = budget->blocks && budget_contains(comparison, budget) &&
						budget_is_within(comparison, budget);
	if (!sum->has_headroom)
		return;
	headroom = budget->blocks_at - budget->used;
	sum->headroom = amount_clamp(headroom);
	sum->has_headroom = sum->headroom == headroom;
}

/* Reads the budgets of all pairs that the caller may read. */
void
comparison_read_budgets(Comparison *comparison)
{
	BudgetList *budgets = palloc0(sizeof(BudgetList));

	budgets->comparison = comparison;
	budgets->room = 256;
	budgets->list = palloc(budgets->room * sizeof(Budget));
	comparison->budgets = budgets;
	query_visit_rows(CAP_QUERY, budget_read_row, comparison);
	budgets->chosen = budget_hash_create(CurrentMemoryContext, Max(budgets->count, 16), NULL);
	for (int32 i = 0; i < comparison->count; i++)
		budget_choose_of(budgets, &comparison->pairs[i]);
	query_visit_rows(COUNTER_QUERY, budget_read_counter, budgets);
	budget_read_unwritten(budgets);
	budget_read_elsewhere(budgets);
	budget_hash_destroy(budgets->chosen);
}

/* Returns the budget of a pair. */
BudgetSum
comparison_budget(const Comparison *comparison, const ComparisonPair *pair)
{
	BudgetSum sum = {0};
	const Budget *budget;

	for (int32 number = pair->budgets; number != 0; number = budget->next)
	{
		budget = &comparison->budgets->list[number - 1];
		if (budget->is_chosen)
			budget_sum_add(&sum, comparison, budget);
	}
	return sum;
}
