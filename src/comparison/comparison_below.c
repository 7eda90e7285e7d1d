/*
 * comparison_below.c
 *	  Cost and results with all that is below: sums along the trees of services and participants.
 *
 * Costs, volumes and agreements add up. Budgets do not: a cap holds for all below it already. Results
 * are those of the service's own main indicator, over the participants; if that is a level, what was
 * measured for the participant as a whole. A service without one gets the sum of the results below it,
 * if they are all counted in one unit.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "comparison/comparison_figures.h"

#define BRANCHES_AT_FIRST 1024

/* A service and a participant with all below them. */
typedef struct Branch
{
	Pair pair;
	UsageSum actual;
	UsageSum committed;
	int32 unit;
	bool has_unit;
	bool several_units;
	AgreedSum agreed;
	BudgetSum budget;
	ResultSum result_itself; /* of the service itself */
	ResultSum result;        /* of those below it */
} Branch;

typedef struct BranchList
{
	Comparison *comparison;
	int32 service_id; /* the only one that is asked for, or 0 */
	PairIndex *pairs;
	Branch *list;
	int32 count;
	int32 room;
} BranchList;

/* Returns the branch of a pair; a new one is empty. */
static Branch *
branch_of(BranchList *branches, Pair pair)
{
	int32 index = pair_index_add(branches->pairs, pair);

	if (index == branches->room)
	{
		branches->room *= 2;
		branches->list = repalloc_huge(branches->list, (Size) branches->room * sizeof(Branch));
	}
	if (index == branches->count)
	{
		memset(&branches->list[index], 0, sizeof(Branch));
		branches->list[index].pair = pair;
		branches->count++;
	}
	return &branches->list[index];
}

/* Adds what was booked; the unit stays as long as it is one. */
static void
branch_add_usage(Branch *branch, const ComparisonRow *row)
{
	usage_sum_add(&branch->actual, row->actual);
	usage_sum_add(&branch->committed, row->committed);
	if (row->actual->volume == 0)
		return;
	branch->several_units |= branch->has_unit && branch->unit != row->unit;
	branch->has_unit = true;
	branch->unit = row->unit;
}

/* Adds a result. */
static void
branch_add_result(Branch *branch, const ComparisonRow *row)
{
	if (!row->result->is_known)
		return;
	if (row->pair.service_id != branch->pair.service_id)
	{
		result_sum_add(&branch->result, row->result);
		branch->result.is_mixed |= !row->result->is_additive;
		return;
	}
	if (row->result->is_additive || row->pair.participant_id == branch->pair.participant_id)
		result_sum_add(&branch->result_itself, row->result);
}

/* Adds a pair to the branch of a service and a participant above it. */
static void
branch_add(BranchList *branches, Pair pair, const ComparisonRow *row)
{
	Branch *branch = branch_of(branches, pair);

	branch_add_usage(branch, row);
	agreed_sum_add(&branch->agreed, row->agreed);
	branch_add_result(branch, row);
	if (row->pair.service_id == pair.service_id && row->pair.participant_id == pair.participant_id)
		branch->budget = *row->budget;
}

/* Adds a pair to all branches above it that the caller may read. */
static void
branch_add_above(const ComparisonRow *row, void *context)
{
	BranchList *branches = context;
	const TreeEntry *service =
		register_tree_find(branches->comparison->services, row->pair.service_id);
	const TreeEntry *participant =
		register_tree_find(branches->comparison->participants, row->pair.participant_id);

	if (service == NULL || participant == NULL)
		return;
	for (int i = 0; i < service->depth; i++)
	{
		if (branches->service_id != 0 && branches->service_id != service->path[i])
			continue;
		for (int j = 0; j < participant->depth; j++)
			if (bms_is_member(participant->path[j], branches->comparison->readable))
				branch_add(branches, (Pair){service->path[i], participant->path[j]}, row);
	}
}

/* Visits a branch. */
static void
branch_visit(const BranchList *branches, const Branch *branch, ComparisonVisitor visit,
			 void *context)
{
	const TreeEntry *service =
		register_tree_find(branches->comparison->services, branch->pair.service_id);
	bool has_indicator = service != NULL && service->result_unit != 0;
	ComparisonRow row = {.pair = branch->pair,
						 .actual = &branch->actual,
						 .committed = &branch->committed,
						 .unit = branch->several_units ? 0 : branch->unit,
						 .agreed = &branch->agreed,
						 .budget = &branch->budget,
						 .result = has_indicator ? &branch->result_itself : &branch->result};

	if (row.result->is_mixed)
		row.result = NULL;
	visit(&row, context);
}

/*
 * Visits every service and participant that have something below them, with all that is below; only
 * one service if service_id is not 0.
 */
void
comparison_visit_below(Comparison *comparison, int32 service_id, ComparisonVisitor visit,
					   void *context)
{
	BranchList branches = {.comparison = comparison,
						   .service_id = service_id,
						   .room = BRANCHES_AT_FIRST};

	branches.pairs = pair_index_create();
	branches.list = palloc(branches.room * sizeof(Branch));
	comparison_visit(comparison, branch_add_above, &branches);
	for (int32 i = 0; i < branches.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		branch_visit(&branches, &branches.list[i], visit, context);
	}
	pfree(branches.list);
}
