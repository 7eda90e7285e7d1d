/*
 * outlook_plan.c
 *	  What was planned for each service and participant over a period: the budget cap over just that
 *	  period, agreed cost, and the target of the main indicator with what was measured of it.
 *
 * Only results that add up to the target, and of which more is better, are a part of the work done.
 */
#include "postgres.h"

#include "outlook/outlook.h"
#include "registers/register_node.h"
#include "reports/query_rows.h"
#include "types/ladder.h"

/* Texts with the first day of the period, and the first one after it, as days since 2000-01-01. */
#define PLAN_DAYS "date '2000-01-01' + %d, date '2000-01-01' + %d"
#define BUDGET_QUERY                                                                               \
	"SELECT service_id, participant_id, amount, ladder FROM steering.cap"                          \
	" WHERE metric = 'budget' AND during = daterange(" PLAN_DAYS ")"
#define AGREED_QUERY                                                                               \
	"SELECT service_id, participant_id, agreed_cost FROM steering.agreed_in(" PLAN_DAYS ")"        \
	" WHERE agreed_cost IS NOT NULL"
#define TARGET_QUERY                                                                               \
	"SELECT service_id, participant_id, target FROM steering.result_in(" PLAN_DAYS ")"             \
	" WHERE main AND additive AND direction = 'higher' AND target IS NOT NULL"
#define MEASURED_QUERY                                                                             \
	"SELECT indicator.service_id, measurement.participant_id, measurement.value,"                  \
	" measurement.first_day, measurement.end_day"                                                  \
	" FROM steering.measurement JOIN steering.indicator USING (indicator_id),"                     \
	" (SELECT " PLAN_DAYS ") AS period (first_day, end_day)"                                       \
	" WHERE main AND additive AND direction = 'higher'"                                            \
	" AND measurement.first_day >= period.first_day AND measurement.end_day <= period.end_day"     \
	" ORDER BY measurement.first_day DESC"

/* Columns of all of these, and then of each. */
enum
{
	PLAN_SERVICE,
	PLAN_PARTICIPANT,
	PLAN_AMOUNT,
	PLAN_LADDER,
	PLAN_FIRST_DAY = PLAN_LADDER,
	PLAN_END_DAY
};

/* Returns the plan that a row is of; NULL: the caller may not read it. */
static OutlookPlan *
plan_of_row(Outlook *outlook, const TupleTableSlot *row)
{
	Pair pair = {DatumGetInt32(row->tts_values[PLAN_SERVICE]),
				 DatumGetInt32(row->tts_values[PLAN_PARTICIPANT])};

	if (!bms_is_member(pair.participant_id, outlook->readable))
		return NULL;
	return &outlook_pair(outlook, pair)->plan;
}

/* Takes in a budget cap. */
static void
plan_read_budget(const TupleTableSlot *row, void *context)
{
	OutlookPlan *plan = plan_of_row(context, row);

	if (plan == NULL)
		return;
	plan->has_budget = true;
	plan->budget = DatumGetAmount(row->tts_values[PLAN_AMOUNT]);
	plan->has_blocks_at = ladder_blocks_at(DatumGetLadder(query_value(row, PLAN_LADDER)),
										   plan->budget, &plan->blocks_at);
}

/* Takes in an agreement that has a cost. */
static void
plan_read_agreed(const TupleTableSlot *row, void *context)
{
	OutlookPlan *plan = plan_of_row(context, row);

	if (plan == NULL)
		return;
	plan->has_agreed = true;
	plan->agreed += DatumGetAmount(row->tts_values[PLAN_AMOUNT]);
}

/* Takes in a target. */
static void
plan_read_target(const TupleTableSlot *row, void *context)
{
	OutlookPlan *plan = plan_of_row(context, row);

	if (plan == NULL)
		return;
	plan->has_target = true;
	plan->target = DatumGetAmount(row->tts_values[PLAN_AMOUNT]);
}

/* Takes in a measurement, before those that were read already. */
static void
plan_read_measured(const TupleTableSlot *row, void *context)
{
	Outlook *outlook = context;
	OutlookPlan *plan = plan_of_row(outlook, row);
	OutlookMeasured *measured;

	if (plan == NULL)
		return;
	if (outlook->measured_count == outlook->measured_room)
	{
		outlook->measured_room = Max(256, 2 * outlook->measured_room);
		outlook->measured = outlook->measured == NULL
								? palloc(outlook->measured_room * sizeof(OutlookMeasured))
								: repalloc_huge(outlook->measured, (Size) outlook->measured_room *
																	   sizeof(OutlookMeasured));
	}
	measured = &outlook->measured[outlook->measured_count];
	measured->months.first_month = calendar_month(DatumGetDateADT(row->tts_values[PLAN_FIRST_DAY]));
	measured->months.end_month = calendar_month(DatumGetDateADT(row->tts_values[PLAN_END_DAY]));
	measured->value = DatumGetAmount(row->tts_values[PLAN_AMOUNT]);
	measured->next = plan->measured;
	plan->measured = ++outlook->measured_count;
}

/* Runs one of the queries. */
static void
plan_read(Outlook *outlook, const char *query, PeriodRange period, QueryVisitor visit)
{
	char *text = psprintf(query, (int) calendar_first_day(period.first_month),
						  (int) calendar_first_day(period.end_month));

	query_visit_rows(text, visit, outlook);
	pfree(text);
}

/* Notes of the pairs above those that have a budget or agreed cost that they are. */
static void
plan_mark_above(Outlook *outlook)
{
	int32 count = outlook->count;

	for (int32 n = 0; n < count; n++)
	{
		Pair pair = outlook->pairs[n].pair;
		const TreeEntry *service = register_tree_find(outlook->services, pair.service_id);
		const TreeEntry *participant =
			register_tree_find(outlook->participants, pair.participant_id);

		if (!outlook_has_work(&outlook->pairs[n].plan) || service == NULL || participant == NULL)
			continue;
		for (int i = 0; i < service->depth; i++)
			for (int j = 0; j < participant->depth; j++)
				if (i + j > 0)
					outlook_pair(outlook, (Pair){service->path[i], participant->path[j]})
						->plan.is_above = true;
	}
}

/* Reads what was planned over a period, in place of what was read of another one; levels are summed. */
void
outlook_read_plan(Outlook *outlook, PeriodRange period, bool with_results)
{
	for (int32 i = 0; i < outlook->count; i++)
		memset(&outlook->pairs[i].plan, 0, sizeof(OutlookPlan));
	outlook->measured_count = 0;
	plan_read(outlook, BUDGET_QUERY, period, plan_read_budget);
	plan_read(outlook, AGREED_QUERY, period, plan_read_agreed);
	plan_mark_above(outlook);
	if (!with_results)
		return;
	plan_read(outlook, TARGET_QUERY, period, plan_read_target);
	plan_read(outlook, MEASURED_QUERY, period, plan_read_measured);
}
