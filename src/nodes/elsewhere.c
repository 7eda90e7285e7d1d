/*
 * elsewhere.c
 *	  What other nodes hold: asked for where reports over all nodes are made, which is on the coordinator.
 *
 * A node that is there may take any time to add up or read bookings: there may be many. Counters are few.
 *
 * All nodes are asked at once, by steering.node_query(), with a question that each answers by one value of JSON: columns as
 * arrays, which is short. A node answers with what is committed there when it is asked. So the figures of several nodes are
 * not of one moment: what is booked meanwhile may be in or not, whole statements only.
 *
 * A node that does not answer is an error (55000): figures without it would be too low, and look right. Where no nodes are,
 * nothing is asked, and there is nothing elsewhere; so on those that are not the coordinator, but that dry runs there have
 * the coordinator ask what is used of the caps that they are about.
 *
 * Numbers of caps and of entries of registers are the same on all nodes. Those of sources are not.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "nodes/elsewhere.h"
#include "nodes/this_node.h"
#include "own.h"
#include "own_query.h"
#include "settings.h"
#include "types/shown.h"

/* Columns that the queries below begin with. */
enum
{
	ANSWER_NODE = 1,
	ANSWER_ERROR,
	ANSWER_FIGURES
};

/* One row for each figure, and one for a node that does not answer. */
static const char elsewhere_counter_query[] =
	"SELECT answer.node, answer.error, figure.cap_id, cap.participant_id, figure.used"
	" FROM steering.node_answers($1, false) AS answer"
	" LEFT JOIN LATERAL steering.read_counters(answer.result) AS figure ON true"
	" LEFT JOIN steering.cap ON cap.cap_id = figure.cap_id"
	" WHERE answer.error IS NOT NULL OR cap.cap_id IS NOT NULL";
static const char elsewhere_beside_query[] =
	"SELECT node.name, answer.error, figure.cap_id, cap.participant_id, figure.used"
	" FROM steering.node_query($1, ARRAY[0], %d) AS answer"
	" JOIN steering.node ON node.node_id = answer.node_id"
	" LEFT JOIN LATERAL steering.read_counters("
	"answer.result OPERATOR(pg_catalog.->) 'answer') AS figure ON true"
	" LEFT JOIN steering.cap ON cap.cap_id = figure.cap_id"
	" WHERE answer.error IS NOT NULL OR cap.cap_id IS NOT NULL";
static const char elsewhere_cell_query[] =
	"SELECT answer.node, answer.error, figure.service_id, figure.participant_id, figure.month,"
	" figure.is_commitment, figure.amount, figure.volume, figure.bookings, figure.source"
	" FROM steering.node_answers($1, true) AS answer"
	" LEFT JOIN LATERAL steering.read_cells(answer.result) AS figure ON true"
	" WHERE answer.error IS NOT NULL OR figure.service_id IS NOT NULL";

static const char elsewhere_booking_query[] =
	"SELECT answer.node, answer.error, figure.service_id, figure.participant_id, figure.booked_on,"
	" figure.amount, figure.volume, format('%s on node \"%s\"', figure.source, answer.node),"
	" figure.stage"
	" FROM steering.node_answers($1, true) AS answer"
	" LEFT JOIN LATERAL steering.read_bookings(answer.result) AS figure ON true"
	" WHERE answer.error IS NOT NULL OR figure.service_id IS NOT NULL";

/* Nobody is asked where no override was granted. */
static const char elsewhere_draw_query[] =
	"SELECT answer.node, answer.error, cap.participant_id, drawn.override_id, drawn.use_number,"
	" drawn.amount, drawn.used, format('%s on node \"%s\"', drawn.relation, answer.node),"
	" drawn.statement_at, drawn.transaction, drawn.role_name"
	" FROM steering.node_answers($1, false) AS answer"
	" LEFT JOIN LATERAL jsonb_to_recordset(answer.result) AS drawn (override_id integer,"
	"  use_number integer, amount steering.amount, used steering.amount, relation text,"
	"  statement_at timestamptz, transaction xid8, role_name text) ON true"
	" LEFT JOIN steering.override_grant AS granted ON granted.override_id = drawn.override_id"
	" LEFT JOIN steering.cap ON cap.cap_id = granted.cap_id"
	" WHERE (answer.error IS NOT NULL OR cap.cap_id IS NOT NULL)"
	" AND (SELECT count(*) FROM steering.override_grant) > 0";

/* Tells whether reports here show what other nodes hold. */
bool
elsewhere_is_shown(void)
{
	return this_node_id() == NODE_COORDINATOR;
}

/* Returns the view that has what is stored of this node alone. Objects of versions before 0.7 know of no other nodes. */
const char *
elsewhere_cells_here(void)
{
	return own_has_relation(OWN_THIS_NODE) ? "usage_here" : "usage_now";
}

/* Raises that a node did not answer, if it did not. Why is for the log: what it says of servers is not for readers. */
static void
elsewhere_check(uint64 row)
{
	const char *error = own_spi_text(row, ANSWER_ERROR);

	if (error != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("node \"%s\" cannot be read", own_spi_text(row, ANSWER_NODE)),
				 errdetail("Figures without those of this node would be too low."),
				 errdetail_log("%s", error),
				 errhint("Try again when it answers; steering.health() says why it does not.")));
}

/*
 * Asks all other nodes a question, and runs a query on what they say, whose first two columns are the name of a node and
 * its error. Returns the number of rows; they are in SPI_tuptable, within own_spi. 55000: a node did not answer.
 */
static uint64
elsewhere_read(const char *query, const char *question)
{
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(question)};
	uint64 count = own_query_read(query, lengthof(types), types, values);

	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		elsewhere_check(i);
	}
	return count;
}

/* Takes in a row of the query on counters. */
static ElsewhereCounter
elsewhere_read_counter(uint64 row)
{
	return (ElsewhereCounter){
		.cap_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES, NULL)),
		.participant_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES + 1, NULL)),
		.used = DatumGetAmount(own_spi_column(row, ANSWER_FIGURES + 2, NULL)),
	};
}

/* Takes in a row of the query on cells; what is text of it in this memory. */
static ElsewhereCell
elsewhere_read_cell(uint64 row, MemoryContext memory)
{
	const char *source = own_spi_text(row, ANSWER_FIGURES + 7);

	return (ElsewhereCell){
		.source = source == NULL ? NULL : MemoryContextStrdup(memory, source),
		.service_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES, NULL)),
		.participant_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES + 1, NULL)),
		.month = DatumGetDateADT(own_spi_column(row, ANSWER_FIGURES + 2, NULL)),
		.is_commitment = DatumGetBool(own_spi_column(row, ANSWER_FIGURES + 3, NULL)),
		.usage = {.amount = DatumGetAmount(own_spi_column(row, ANSWER_FIGURES + 4, NULL)),
				  .volume = DatumGetAmount(own_spi_column(row, ANSWER_FIGURES + 5, NULL)),
				  .bookings = DatumGetInt64(own_spi_column(row, ANSWER_FIGURES + 6, NULL))},
	};
}

/* Asks what others have counted, of which the query makes rows. Returns the number of rows, within own_spi. */
static uint64
elsewhere_ask_for_counters(const char *caps)
{
	const char *list = caps == NULL ? "NULL" : quote_literal_cstr(caps);
	int32 here = this_node_id();

	if (here == NODE_COORDINATOR)
		return elsewhere_read(elsewhere_counter_query,
							  psprintf("SELECT steering.counters_here(%s) AS answer", list));
	/* Other nodes are the coordinator's to ask, who may have to wait for them. */
	return elsewhere_read(psprintf(elsewhere_beside_query, 2 * steering_node_timeout),
						  psprintf("SELECT steering.counters_beside(%s, %d) AS answer", list,
								   here));
}

/*
 * Returns what all other nodes have counted under caps (an array as text), in the caller's memory; also on nodes that are
 * not the coordinator. NULL: under all caps, as reports show it.
 */
ElsewhereCounters *
elsewhere_counters(const char *caps)
{
	ElsewhereCounters *counters = palloc0(sizeof(ElsewhereCounters));
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	if (caps == NULL ? !elsewhere_is_shown() : this_node_id() == NODE_NONE)
		return counters;
	own_spi_begin(&spi);
	counters->count = elsewhere_ask_for_counters(caps);
	counters->list =
		MemoryContextAllocHuge(caller, (counters->count + 1) * sizeof(ElsewhereCounter));
	for (uint64 i = 0; i < counters->count; i++)
		counters->list[i] = elsewhere_read_counter(i);
	own_spi_end(&spi);
	MemoryContextSwitchTo(caller);
	return counters;
}

/* Returns what all other nodes say to a question about cells, in the caller's memory. */
static ElsewhereCells *
elsewhere_ask_for_cells(const char *question)
{
	ElsewhereCells *cells = palloc0(sizeof(ElsewhereCells));
	MemoryContext caller = CurrentMemoryContext;
	OwnSpi spi;

	if (!elsewhere_is_shown())
		return cells;
	own_spi_begin(&spi);
	cells->count = elsewhere_read(elsewhere_cell_query, question);
	cells->list = MemoryContextAllocHuge(caller, (cells->count + 1) * sizeof(ElsewhereCell));
	for (uint64 i = 0; i < cells->count; i++)
		cells->list[i] = elsewhere_read_cell(i, caller);
	own_spi_end(&spi);
	MemoryContextSwitchTo(caller);
	return cells;
}

/* Returns what was booked on all other nodes in months from first_month until before end_month, in the caller's memory. */
ElsewhereCells *
elsewhere_cells(DateADT first_month, DateADT end_month)
{
	return elsewhere_ask_for_cells(
		psprintf("SELECT steering.cells_here('%s', '%s', false) AS answer", day_shown(first_month),
				 day_shown(end_month)));
}

/* Returns what was booked on all other nodes in all months in each source, in the caller's memory. */
ElsewhereCells *
elsewhere_cells_by_source(void)
{
	return elsewhere_ask_for_cells(
		"SELECT steering.cells_here('-infinity', 'infinity', true) AS answer");
}

/*
 * Returns what was booked on all other nodes on days from first_day until before end_day, in the caller's memory, each day
 * by itself in place of its month: read from their tables.
 */
ElsewhereCells *
elsewhere_days(DateADT first_day, DateADT end_day)
{
	return elsewhere_ask_for_cells(psprintf("SELECT steering.days_here('%s', '%s') AS answer",
											day_shown(first_day), day_shown(end_day)));
}

/* Takes in a row of the query on bookings. */
static ElsewhereBooking
elsewhere_read_booking(uint64 row)
{
	return (ElsewhereBooking){
		.service_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES, NULL)),
		.participant_id = DatumGetInt32(own_spi_column(row, ANSWER_FIGURES + 1, NULL)),
		.booked_on = DatumGetDateADT(own_spi_column(row, ANSWER_FIGURES + 2, NULL)),
		.amount = DatumGetAmount(own_spi_column(row, ANSWER_FIGURES + 3, NULL)),
		.volume = DatumGetAmount(own_spi_column(row, ANSWER_FIGURES + 4, NULL)),
		.source = own_spi_text(row, ANSWER_FIGURES + 5),
		.stage = own_spi_text(row, ANSWER_FIGURES + 6),
	};
}

/* Visits all bookings of all other nodes, read from their tables. */
void
elsewhere_visit_bookings(ElsewhereVisitor visit, void *context)
{
	uint64 count;
	OwnSpi spi;

	if (!elsewhere_is_shown())
		return;
	own_spi_begin(&spi);
	count = elsewhere_read(elsewhere_booking_query,
						   "SELECT answer FROM steering.bookings_here() AS answer");
	for (uint64 i = 0; i < count; i++)
	{
		ElsewhereBooking booking = elsewhere_read_booking(i);

		CHECK_FOR_INTERRUPTS();
		visit(&booking, context);
		pfree(booking.source);
		pfree(booking.stage);
	}
	own_spi_end(&spi);
}

/* Visits what bookings on all other nodes have drawn of overrides. */
void
elsewhere_visit_draws(ElsewhereDrawVisitor visit, void *context)
{
	uint64 count;
	OwnSpi spi;

	if (!elsewhere_is_shown())
		return;
	own_spi_begin(&spi);
	count = elsewhere_read(elsewhere_draw_query, ELSEWHERE_DRAWN);
	for (uint64 i = 0; i < count; i++)
	{
		int32 participant_id = DatumGetInt32(own_spi_column(i, ANSWER_FIGURES, NULL));
		Datum draw[ELSEWHERE_DRAW_COLUMNS];

		for (int column = 0; column < lengthof(draw); column++)
			draw[column] = own_spi_column(i, ANSWER_FIGURES + 1 + column, NULL);
		visit(participant_id, draw, context);
	}
	own_spi_end(&spi);
}

/* Returns what of these counters is a cap's. */
int128
elsewhere_used(const ElsewhereCounters *counters, int32 cap_id)
{
	int128 used = 0;

	for (uint64 i = 0; i < counters->count; i++)
		if (counters->list[i].cap_id == cap_id)
			used += counters->list[i].used;
	return used;
}
