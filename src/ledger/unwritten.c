/*
 * unwritten.c
 *	  What the present transaction has booked and not yet written, for views to add.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "ledger/pending.h"
#include "ledger/usage_cell.h"
#include "own.h"
#include "rules/cap_figures.h"

/* Tells whether the present role may see what was booked on a row. Ignored rows are nobody's. */
static bool
unwritten_may_read(const PendingRow *row)
{
	const CapFigures *figures;

	if (row->key.source_id == 0)
	{
		figures = cap_figures_of(row->key.service_id, row->revision);
		return figures != NULL && cap_figures_may_read(figures, GetUserId());
	}
	return row->key.participant_id != USAGE_CELL_IGNORED &&
		   rulebook_may_read(register_node_code(register_of_participants, row->key.participant_id),
							 GetUserId());
}

/* Returns what is to be written of a counter or usage cell: in several rows where it fits no amount. */
static void
unwritten_put(ReturnSetInfo *result, const PendingRow *row)
{
	UsageSum rest = pending_unwritten(row);

	while (!usage_sum_is_zero(&rest))
	{
		Usage change = usage_sum_take_out(&rest);
		Datum values[] = {Int32GetDatum(row->key.source_id),
						  Int32GetDatum(row->key.service_id),
						  Int32GetDatum(row->key.participant_id),
						  DateADTGetDatum(row->key.month),
						  AmountGetDatum(change.amount),
						  AmountGetDatum(change.volume),
						  Int64GetDatum(change.bookings)};
		bool nulls[lengthof(values)] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(steering_unwritten_change);

/*
 * unwritten_change(): the counters and usage cells that are to be written and that the role may read.
 */
Datum
steering_unwritten_change(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PendingRow *row;
	int position = 0;
	bool all;

	InitMaterializedSRF(fcinfo, 0);
	all = pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	while ((row = pending_next_unwritten(&position)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (all || unwritten_may_read(row))
			unwritten_put(result, row);
	}
	return (Datum) 0;
}
