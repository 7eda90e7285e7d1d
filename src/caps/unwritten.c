/*
 * unwritten.c
 *	  What the present transaction has booked and not yet written, for views to add.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "caps/pending.h"

PG_FUNCTION_INFO_V1(steering_unwritten_change);

/* unwritten_change(): one row per counter and usage cell that is to be written. */
Datum
steering_unwritten_change(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const PendingRow *row;
	int position = 0;

	InitMaterializedSRF(fcinfo, 0);
	while ((row = pending_next_unwritten(&position)) != NULL)
	{
		Usage change = usage_subtract(&row->now, &row->written);
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
	return (Datum) 0;
}
