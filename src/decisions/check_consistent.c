/*
 * check_consistent.c
 *	  The deferred trigger that judges rules and bodies at the end of a transaction: a table of rules and a
 *	  body with its members are made row by row, and hold as a whole.
 *
 * A view finds what is wrong. Changes of rules and bodies exclude each other, so the latest snapshot has them
 * all.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "decisions/deciding.h"
#include "own.h"
#include "own_text.h"

PG_FUNCTION_INFO_V1(steering_check_consistent);

/* The arguments of the trigger: the view, and where it is about some rows, its column and that of the table. */
enum
{
	CHECK_VIEW,
	CHECK_KEY_OF_VIEW,
	CHECK_KEY_OF_TABLE,
	CHECK_ARGUMENTS
};

/* Returns the query that finds a conflict, for the key in $1 if it has one. */
static char *
check_query(const Trigger *trigger)
{
	char *query = psprintf("SELECT message, detail, hint FROM steering.%s",
						   quote_identifier(trigger->tgargs[CHECK_VIEW]));

	if (trigger->tgnargs == CHECK_ARGUMENTS)
		query = psprintf("%s WHERE %s = $1", query,
						 quote_identifier(trigger->tgargs[CHECK_KEY_OF_VIEW]));
	return psprintf("%s LIMIT 1", query);
}

/* Returns the key of the row that the trigger is about, as text. */
static Datum
check_key(TriggerData *data)
{
	TupleDesc desc = RelationGetDescr(data->tg_relation);
	HeapTuple row =
		TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	int column = SPI_fnumber(desc, data->tg_trigger->tgargs[CHECK_KEY_OF_TABLE]);

	return CStringGetTextDatum(SPI_getvalue(row, desc, column));
}

/* check_consistent(view, column of the view, column of the table) */
Datum
steering_check_consistent(PG_FUNCTION_ARGS)
{
	TriggerData *data = deciding_trigger(fcinfo);
	bool keyed = data->tg_trigger->tgnargs == CHECK_ARGUMENTS;
	Oid types[] = {TEXTOID};
	Datum values[1];
	OwnSpi spi;

	if (deciding_is_restore())
		return PointerGetDatum(NULL);
	own_spi_begin(&spi);
	if (keyed)
		values[0] = check_key(data);
	if (own_spi_execute(check_query(data->tg_trigger), keyed ? 1 : 0, types, values, NULL) > 0)
		ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION),
						errmsg_internal("%s", own_text_said(own_spi_text(0, 1))),
						errdetail_internal("%s", own_text_said(own_spi_text(0, 2))),
						errhint("%s", own_text_said(own_spi_text(0, 3)))));
	own_spi_end(&spi);
	return PointerGetDatum(NULL);
}
