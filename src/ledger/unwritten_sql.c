/*
 * unwritten_sql.c
 *	  What the present transaction has booked and not yet written, for views to add: as far as the
 *	  present role may see it.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "ledger/changed_cell.h"
#include "ledger/changed_counter.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "rules/rulebook.h"

/* Tells whether the present role may see all figures. */
static bool
unwritten_may_read_all(void)
{
	return pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* Tells whether the present role may see what was booked on a counter. */
static bool
unwritten_may_read_counter(const ChangedCounter *changed)
{
	const CapFigures *figures = cap_figures_of(changed->key, changed->revision);

	return figures != NULL && rulebook_may_read_cap(figures, GetUserId());
}

/* Tells whether the present role may see what was booked on a cell. Ignored rows are nobody's. */
static bool
unwritten_may_read_cell(const UsageCellKey *cell)
{
	return cell->participant_id != USAGE_CELL_IGNORED &&
		   rulebook_may_read(register_node_code(register_of_participants, cell->participant_id),
							 GetUserId());
}

/* Returns a row of numbers and amounts, none of them null. */
static void
unwritten_put(ReturnSetInfo *result, Datum *values)
{
	bool nulls[8] = {false};

	Assert(result->setDesc->natts <= lengthof(nulls));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Returns a change of a cell, or of a counter as if it were one: in several rows where it fits no amount. */
static void
unwritten_put_cell(ReturnSetInfo *result, const UsageCellKey *cell, const UsageSum *change)
{
	UsageSum rest = *change;

	while (!usage_sum_is_zero(&rest))
	{
		Usage part = usage_sum_take_out(&rest);
		Datum values[] = {Int32GetDatum(cell->source_id),      Int32GetDatum(cell->service_id),
						  Int32GetDatum(cell->participant_id), DateADTGetDatum(cell->month),
						  AmountGetDatum(part.amount),         AmountGetDatum(part.volume),
						  Int64GetDatum(part.bookings)};

		unwritten_put(result, values);
	}
}

/* Returns the cells that are to be written and that the role may read. */
static void
unwritten_put_cells(ReturnSetInfo *result)
{
	bool all = unwritten_may_read_all();
	const ChangedCell *changed;
	int position = 0;

	while ((changed = changed_cell_next_unwritten(&position)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (all || unwritten_may_read_cell(&changed->key))
			unwritten_put_cell(result, &changed->key, &changed->change);
	}
}

/* Returns a change of a counter: in several rows where it fits no amount. */
static void
unwritten_put_counter(ReturnSetInfo *result, const ChangedCounter *changed)
{
	UsageSum rest = {.amount = changed_counter_unwritten(changed)};

	while (!usage_sum_is_zero(&rest))
	{
		Usage part = usage_sum_take_out(&rest);
		Datum values[] = {Int32GetDatum(changed->key), AmountGetDatum(part.amount)};

		unwritten_put(result, values);
	}
}

/* A counter as objects of versions before 0.4 have it: as a cell whose service is the cap. */
static void
unwritten_put_counter_as_cell(ReturnSetInfo *result, const ChangedCounter *changed)
{
	UsageCellKey cell = {.service_id = changed->key};
	UsageSum change = {.amount = changed_counter_unwritten(changed)};

	unwritten_put_cell(result, &cell, &change);
}

/* Returns the counters that are to be written and that the role may read. */
static void
unwritten_put_counters(ReturnSetInfo *result,
					   void (*put)(ReturnSetInfo *result, const ChangedCounter *changed))
{
	bool all = unwritten_may_read_all();
	const ChangedCounter *changed;
	int position = 0;

	while ((changed = changed_counter_next_unwritten(&position)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (all || unwritten_may_read_counter(changed))
			put(result, changed);
	}
}

PG_FUNCTION_INFO_V1(steering_unwritten_counter);

/* unwritten_counter() */
Datum
steering_unwritten_counter(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	unwritten_put_counters((ReturnSetInfo *) fcinfo->resultinfo, unwritten_put_counter);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(steering_unwritten_cell);

/* unwritten_cell() */
Datum
steering_unwritten_cell(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	unwritten_put_cells((ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(steering_unwritten_change);

/* unwritten_change(), of objects of versions before 0.4: both, where a counter has no source. */
Datum
steering_unwritten_change(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	unwritten_put_counters(result, unwritten_put_counter_as_cell);
	unwritten_put_cells(result);
	return (Datum) 0;
}
