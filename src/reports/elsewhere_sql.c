/*
 * elsewhere_sql.c
 *	  What other nodes hold, in SQL: for views to add, as far as the present role may see it.
 *
 * Nodes are asked as the extension's owner, who may see all. What of it is for the role that reads is told here, by the
 * registers of this node.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "nodes/elsewhere.h"
#include "own.h"
#include "own_query.h"
#include "reports/usage_between.h"

/*
 * Asks the nodes in $2, and returns the name, the answer, or why there is none, and the number of each: a node that says
 * nothing at all, which no question of ours leads to, has not answered.
 */
#define ANSWERS_QUERY                                                                              \
	"SELECT node.name, answer.result OPERATOR(pg_catalog.->) 'answer', coalesce(answer.error,"     \
	" CASE WHEN answer.result IS NULL THEN 'it says nothing' END), node.node_id"                   \
	" FROM steering.node LEFT JOIN steering.node_query($1, $2, $3) AS answer"                      \
	" ON answer.node_id = node.node_id WHERE node.node_id = ANY ($2) ORDER BY node.node_id"

/* Returns the numbers of all other nodes; false: there are none. */
static bool
answers_list_nodes(Datum *nodes)
{
	bool isnull;

	(void) own_query_read("SELECT array_agg(node_id) FROM steering.node WHERE node_id <> 0", 0,
						  NULL, NULL);
	*nodes = own_spi_column(0, 1, &isnull);
	return !isnull;
}

/* Asks nodes, and waits for as long as the setting says, or as it takes. Returns the number of rows, one for each node. */
static uint64
answers_read(const char *question, Datum nodes, bool patient)
{
	Oid types[] = {TEXTOID, INT4ARRAYOID, INT4OID};
	Datum values[] = {CStringGetTextDatum(question), nodes, Int32GetDatum(0)};
	int result;

	own_query_expect(ANSWERS_QUERY);
	result = SPI_execute_with_args(ANSWERS_QUERY, lengthof(types), types, values,
								   patient ? "   " : "  n", true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/* Puts out what a node says. */
static void
answers_put(ReturnSetInfo *result, uint64 row)
{
	Datum values[3];
	bool nulls[3];

	for (int i = 0; i < lengthof(values); i++)
		values[i] = own_spi_column(row, i + 1, &nulls[i]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Finds out which nodes answer at all, so that one that is stopped is not waited for as long as work takes, and puts out
 * those that do not. Leaves the numbers of the others in nodes; false: none answers.
 */
static bool
answers_find_well(ReturnSetInfo *result, Datum *nodes)
{
	uint64 count = answers_read("SELECT true AS answer", *nodes, false);
	Datum *well = palloc((count + 1) * sizeof(Datum));
	int found = 0;

	for (uint64 i = 0; i < count; i++)
		if (own_spi_text(i, 3) != NULL)
			answers_put(result, i);
		else
			well[found++] = own_spi_column(i, 4, NULL);
	*nodes = PointerGetDatum(construct_array(well, found, INT4OID, 4, true, TYPALIGN_INT));
	return found > 0;
}

PG_FUNCTION_INFO_V1(steering_node_answers);

/* node_answers(question text, patient boolean) */
Datum
steering_node_answers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum nodes;
	uint64 count;
	OwnSpi spi;

	InitMaterializedSRF(fcinfo, 0);
	if (!elsewhere_is_shown())
		return (Datum) 0;
	own_spi_begin(&spi);
	if (answers_list_nodes(&nodes) && (!PG_GETARG_BOOL(1) || answers_find_well(result, &nodes)))
	{
		count = answers_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), nodes, PG_GETARG_BOOL(1));
		for (uint64 i = 0; i < count; i++)
			answers_put(result, i);
	}
	own_spi_end(&spi);
	return (Datum) 0;
}

/* Puts out a row without nulls. */
static void
elsewhere_put(ReturnSetInfo *result, Datum *values)
{
	bool nulls[8] = {false};

	CHECK_FOR_INTERRUPTS();
	Assert(result->setDesc->natts <= lengthof(nulls));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(steering_counter_elsewhere);

/* counter_elsewhere() */
Datum
steering_counter_elsewhere(PG_FUNCTION_ARGS)
{
	const Bitmapset *readable;
	const ElsewhereCounters *counters;

	InitMaterializedSRF(fcinfo, 0);
	if (!elsewhere_is_shown())
		return (Datum) 0;
	readable = usage_readable_participants();
	counters = elsewhere_counters(NULL);
	for (uint64 i = 0; i < counters->count; i++)
	{
		const ElsewhereCounter *counter = &counters->list[i];
		Datum values[] = {Int32GetDatum(counter->cap_id), AmountGetDatum(counter->used)};

		if (bms_is_member(counter->participant_id, readable))
			elsewhere_put((ReturnSetInfo *) fcinfo->resultinfo, values);
	}
	return (Datum) 0;
}

/* Puts out cells of which the role may read the participant. */
static void
elsewhere_put_cells(ReturnSetInfo *result, const ElsewhereCells *cells,
					void (*put)(ReturnSetInfo *result, const ElsewhereCell *cell))
{
	const Bitmapset *readable;

	/* Not scaled out, it costs no look at the registers. */
	if (cells->count == 0)
		return;
	readable = usage_readable_participants();
	for (uint64 i = 0; i < cells->count; i++)
		if (bms_is_member(cells->list[i].participant_id, readable))
			put(result, &cells->list[i]);
}

/* Puts out what was booked on another node. */
static void
elsewhere_put_cell(ReturnSetInfo *result, const ElsewhereCell *cell)
{
	Datum values[] = {Int32GetDatum(cell->is_commitment ? ELSEWHERE_COMMITTED : ELSEWHERE_ACTUAL),
					  Int32GetDatum(cell->service_id),
					  Int32GetDatum(cell->participant_id),
					  DateADTGetDatum(cell->month),
					  AmountGetDatum(cell->usage.amount),
					  AmountGetDatum(cell->usage.volume),
					  Int64GetDatum(cell->usage.bookings)};

	elsewhere_put(result, values);
}

PG_FUNCTION_INFO_V1(steering_cell_elsewhere);

/* cell_elsewhere() */
Datum
steering_cell_elsewhere(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	elsewhere_put_cells((ReturnSetInfo *) fcinfo->resultinfo,
						elsewhere_cells(DATEVAL_NOBEGIN, DATEVAL_NOEND), elsewhere_put_cell);
	return (Datum) 0;
}

/* Puts out what was booked on another node in a source. */
static void
elsewhere_put_source(ReturnSetInfo *result, const ElsewhereCell *cell)
{
	Datum values[] = {CStringGetTextDatum(cell->source), BoolGetDatum(cell->is_commitment),
					  Int32GetDatum(cell->service_id),   Int32GetDatum(cell->participant_id),
					  DateADTGetDatum(cell->month),      AmountGetDatum(cell->usage.amount)};

	elsewhere_put(result, values);
	pfree(DatumGetPointer(values[0]));
}

PG_FUNCTION_INFO_V1(steering_source_elsewhere);

/* source_elsewhere() */
Datum
steering_source_elsewhere(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	elsewhere_put_cells((ReturnSetInfo *) fcinfo->resultinfo, elsewhere_cells_by_source(),
						elsewhere_put_source);
	return (Datum) 0;
}

/* Takes what is shown of rows of other nodes. */
typedef struct ShownRows
{
	ReturnSetInfo *result;
	const Bitmapset *readable;
} ShownRows;

/* Puts out a booking on another node, if the role may read it. */
static void
elsewhere_put_booking(const ElsewhereBooking *booking, void *context)
{
	ShownRows *shown = context;
	Datum values[] = {CStringGetTextDatum(booking->source), CStringGetTextDatum(booking->stage),
					  Int32GetDatum(booking->service_id),   Int32GetDatum(booking->participant_id),
					  DateADTGetDatum(booking->booked_on),  AmountGetDatum(booking->amount),
					  AmountGetDatum(booking->volume)};

	if (bms_is_member(booking->participant_id, shown->readable))
		elsewhere_put(shown->result, values);
	pfree(DatumGetPointer(values[0]));
	pfree(DatumGetPointer(values[1]));
}

PG_FUNCTION_INFO_V1(steering_booking_elsewhere);

/* booking_elsewhere() */
Datum
steering_booking_elsewhere(PG_FUNCTION_ARGS)
{
	ShownRows shown = {.result = (ReturnSetInfo *) fcinfo->resultinfo};

	InitMaterializedSRF(fcinfo, 0);
	if (!elsewhere_is_shown())
		return (Datum) 0;
	shown.readable = usage_readable_participants();
	elsewhere_visit_bookings(elsewhere_put_booking, &shown);
	return (Datum) 0;
}

/* Puts out what was drawn on another node, if the role may read the cap. */
static void
elsewhere_put_draw(int32 participant_id, Datum *draw, void *context)
{
	ShownRows *shown = context;

	if (bms_is_member(participant_id, shown->readable))
		elsewhere_put(shown->result, draw);
}

PG_FUNCTION_INFO_V1(steering_override_use_elsewhere);

/* override_use_elsewhere() */
Datum
steering_override_use_elsewhere(PG_FUNCTION_ARGS)
{
	ShownRows shown = {.result = (ReturnSetInfo *) fcinfo->resultinfo};

	InitMaterializedSRF(fcinfo, 0);
	if (!elsewhere_is_shown())
		return (Datum) 0;
	shown.readable = usage_readable_participants();
	elsewhere_visit_draws(elsewhere_put_draw, &shown);
	return (Datum) 0;
}
