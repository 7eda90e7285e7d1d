/*
 * change_note.c
 *	  Triggers of the coordinator that put what acts change into the outbox.
 *
 * A row trigger on each table that bookings need notes which rows a transaction has changed. When that is about to
 * commit, a deferred trigger takes the notes and writes one row of the outbox, with the rows as they are then: so what
 * several statements come to arrives as a whole, what was rolled back does not, and only who is about to commit holds
 * the outbox. A transaction has no notes but its own: nobody commits any.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "bookings/exclude.h"
#include "call.h"
#include "decisions/deciding.h"
#include "kept_plan.h"
#include "ledger/allotment_return.h"
#include "lending/held_usage.h"
#include "nodes/node_ledger.h"
#include "nodes/this_node.h"
#include "own.h"
#include "own_shape.h"
#include "scaling/outbox.h"

/* The number of a row is the first column of each of these tables. */
#define CHANGE_ROW_ID 1

PG_FUNCTION_INFO_V1(steering_note_change);
PG_FUNCTION_INFO_V1(steering_tell_changes);

/* Notes a row of a table. */
static void
change_note(Relation rel, HeapTuple row)
{
	static SPIPlanPtr kept = NULL;
	static const char query[] = "INSERT INTO steering.untold_change (noun, row_id) VALUES ($1, $2)";
	Oid types[] = {TEXTOID, INT4OID};
	Datum values[] = {CStringGetTextDatum(RelationGetRelationName(rel)),
					  own_value(row, CHANGE_ROW_ID, RelationGetDescr(rel))};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) kept_plan_execute(&kept, query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Row trigger on a table that nodes have too. What a restore brings back the nodes have been told. */
Datum
steering_note_change(PG_FUNCTION_ARGS)
{
	TriggerData *data = deciding_trigger(fcinfo);

	if (this_node_id() == NODE_COORDINATOR && !deciding_is_restore())
		change_note(data->tg_relation, TRIGGER_FIRED_BY_UPDATE(data->tg_event)
										   ? data->tg_newtuple
										   : data->tg_trigtuple);
	return PointerGetDatum(NULL);
}

/*
 * Writes what the transaction has noted as the next row of the outbox. Within own_spi. Where acts are recorded, the head
 * of the log is taken before the outbox, in whatever order the transaction has come to them. Where nodes are
 * held for it, it says which transaction this is: they are not any more, when they have applied it.
 */
static void
change_write(void)
{
	static const char insert[] = "INSERT INTO steering.outbox (number, body) VALUES ($1, $2)";
	static const char body[] =
		"SELECT CASE WHEN $1 = 0 THEN steering.change_body(false)"
		" ELSE steering.change_body(false) || jsonb_build_object('act', $1) END";
	static const char keep[] = "UPDATE steering.this_node SET applied = $1";
	Oid types[] = {INT8OID, JSONBOID};
	Datum values[lengthof(types)];

	if (deciding_is_ruled())
		deciding_lock_head();
	outbox_lock();
	values[0] = Int64GetDatum(outbox_last() + 1);
	values[1] = Int64GetDatum((int64) held_usage_act());
	(void) own_spi_execute(body, 1, &types[0], &values[1], NULL);
	values[1] = own_spi_column(0, 1, NULL);
	(void) own_spi_execute(insert, lengthof(types), types, values, NULL);
	(void) own_spi_execute(keep, 1, types, values, NULL);
}

/* Tells whether the transaction has noted something. Within own_spi. */
static bool
change_is_noted(const char *query)
{
	return own_spi_execute(query, 0, NULL, NULL, NULL) > 0;
}

/* Has all nodes be asked what they use before one is lent anything, and this one too. */
static void
change_forget_lent(void)
{
	exclude_bookings();
	node_ledger_forget();
	allotment_take_back_all();
}

/* Tells what the transaction has noted; nobody, if it has ended being the coordinator. Within own_spi. */
static void
change_tell(void)
{
	static const char doubt[] =
		"SELECT FROM steering.untold_change WHERE noun = '" NODE_LEDGER_DOUBT "' LIMIT 1";
	static const char others[] =
		"SELECT FROM steering.untold_change WHERE noun <> '" NODE_LEDGER_DOUBT "' LIMIT 1";

	if (this_node_id() == NODE_COORDINATOR)
	{
		bool moves = change_is_noted(doubt);

		if (moves)
			change_forget_lent();
		if (change_is_noted(others))
			change_write();
		if (moves)
			node_ledger_note_change(outbox_last());
	}
	(void) own_spi_execute("DELETE FROM steering.untold_change", 0, NULL, NULL, NULL);
}

/* At the end of a transaction, once for each note: the first time tells of all. */
Datum
steering_tell_changes(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr kept = NULL;
	OwnSpi spi;

	(void) deciding_trigger(fcinfo);
	own_spi_begin(&spi);
	if (kept_plan_execute(&kept, "SELECT FROM steering.untold_change LIMIT 1", 0, NULL, NULL,
						  NULL) > 0)
		change_tell();
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}
