/*
 * change_apply.c
 *	  Making this node be as the coordinator says: registers, aliases, caps and closings.
 *
 * A change is not what was done but what is so after it: rows as they are (change_body() in outbox.sql). So one that is
 * applied twice changes nothing, and all rows are a change too. The registers' own triggers follow and check what is
 * written, caps go through cap.c, closings through closing.c; nothing is refused for the sake of a cap, since the
 * coordinator has decided.
 *
 * The order is one in which each step finds what it needs: caps that are gone, before their entries; entries that are
 * there, before what refers to them; aliases; then entries that are gone. Of each register all is one statement, since
 * entries may come in any order with their parents. An entry whose code another one has now goes with that statement.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "bookings/exclude.h"
#include "call.h"
#include "lending/lending.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/rulebook.h"
#include "scaling/change_apply.h"
#include "scaling/change_shape.h"
#include "scaling/outbox.h"
#include "sources/source_table.h"
#include "steering/cap.h"
#include "steering/closing.h"
#include "types/amount.h"

/* Makes entries of a register be as told: NOUN is its name, COLUMNS what it has besides number and code. */
#define CHANGE_REGISTER(NOUN, COLUMNS, SET)                                                        \
	"WITH told AS MATERIALIZED ("                                                                  \
	" SELECT * FROM jsonb_populate_recordset(NULL::steering." NOUN ", $1 -> '" NOUN "s')"          \
	"), replaced AS ("                                                                             \
	" DELETE FROM steering." NOUN " AS entry USING told"                                           \
	" WHERE entry.code = told.code AND entry." NOUN "_id <> told." NOUN "_id RETURNING 1"          \
	") INSERT INTO steering." NOUN " AS entry (" NOUN "_id, code, " COLUMNS ")"                    \
	" OVERRIDING SYSTEM VALUE"                                                                     \
	" SELECT " NOUN "_id, code, " COLUMNS " FROM told"                                             \
	" WHERE (SELECT count(*) FROM replaced) >= 0 ORDER BY " NOUN "_id"                             \
	" ON CONFLICT (" NOUN "_id) DO UPDATE SET code = excluded.code, " SET                          \
	" WHERE to_jsonb(entry) <> to_jsonb(excluded)"

/* Deletes the rows of a table that are gone. What is no number says that a change is not for 0.7 (change_shape.c). */
#define CHANGE_DELETE(NOUN)                                                                        \
	"DELETE FROM steering." NOUN " WHERE " NOUN "_id IN ("                                         \
	"SELECT value::integer FROM jsonb_array_elements($1 -> 'gone' -> '" NOUN "') AS value"         \
	" WHERE jsonb_typeof(value) = 'number')"

#define CHANGE_ALIASES                                                                             \
	"INSERT INTO steering.alias AS entry (alias_id, source, kind, value, code, during)"            \
	" OVERRIDING SYSTEM VALUE"                                                                     \
	" SELECT alias_id, source, kind, value, code, during"                                          \
	" FROM jsonb_populate_recordset(NULL::steering.alias, $1 -> 'aliases') ORDER BY alias_id"      \
	" ON CONFLICT (alias_id) DO UPDATE SET source = excluded.source, kind = excluded.kind,"        \
	" value = excluded.value, code = excluded.code, during = excluded.during"                      \
	" WHERE to_jsonb(entry) <> to_jsonb(excluded)"

/* A part of a change, and the statement that makes it so. */
typedef struct ChangePart
{
	const char *part;
	const char *
		gone; /* of those that are gone the name in that part; NULL: it is of those that are there */
	const char *query;
} ChangePart;

static const ChangePart change_parts[] = {
	{"gone", "alias", CHANGE_DELETE("alias")},
	{"participants", NULL,
	 CHANGE_REGISTER("participant", "parent, name, inhabitants, during, reader",
					 "parent = excluded.parent, name = excluded.name,"
					 " inhabitants = excluded.inhabitants, during = excluded.during,"
					 " reader = excluded.reader")},
	{"services", NULL,
	 CHANGE_REGISTER("service", "parent, name, kind, unit, require_cap, during, lead",
					 "parent = excluded.parent, name = excluded.name, kind = excluded.kind,"
					 " unit = excluded.unit, require_cap = excluded.require_cap,"
					 " during = excluded.during, lead = excluded.lead")},
	{"aliases", NULL, CHANGE_ALIASES},
	{"gone", "service", CHANGE_DELETE("service")},
	{"gone", "participant", CHANGE_DELETE("participant")},
};

PG_FUNCTION_INFO_V1(steering_apply_change);

/* Returns a part of a change; NULL: it has none. */
static JsonbValue *
change_part(Datum body, const char *part)
{
	return getKeyJsonValueFromContainer(&DatumGetJsonbP(body)->root, part, strlen(part), NULL);
}

/* Tells whether a change has a part, and within that a name, if one is given. */
static bool
change_has(Datum body, const char *part, const char *name)
{
	JsonbValue *value = change_part(body, part);

	if (value == NULL || value->type != jbvBinary)
		return false;
	return name == NULL ||
		   getKeyJsonValueFromContainer(value->val.binary.data, name, strlen(name), NULL) != NULL;
}

/* Runs a query with the change as its only argument. Returns the number of rows. Within own_spi. */
static uint64
change_execute(const char *query, Datum body)
{
	Oid types[] = {JSONBOID};

	return own_spi_execute(query, lengthof(types), types, &body, NULL);
}

/* Tells whether a change is more than other limits of caps that are there: then it is applied with bookings excluded. */
static bool
change_is_structural(Datum body)
{
	static const char query[] =
		"SELECT FROM jsonb_populate_recordset(NULL::steering.cap, $1 -> 'caps') AS told"
		" WHERE NOT EXISTS (SELECT FROM steering.cap WHERE cap.cap_id = told.cap_id) LIMIT 1";

	return change_has(body, "participants", NULL) || change_has(body, "services", NULL) ||
		   change_has(body, "aliases", NULL) || change_has(body, "closings", NULL) ||
		   change_has(body, "gone", NULL) || change_execute(query, body) > 0;
}

/* Ends the caps that are gone. */
static void
change_drop_caps(Datum body)
{
	static const char query[] =
		"SELECT cap.cap_id FROM jsonb_array_elements_text($1 -> 'gone' -> 'cap') AS gone (number)"
		" JOIN steering.cap ON cap.cap_id = gone.number::integer ORDER BY cap.cap_id";
	uint64 count;
	SPITupleTable *gone;

	if (!change_has(body, "gone", "cap"))
		return;
	count = change_execute(query, body);
	gone = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		cap_drop(DatumGetInt32(SPI_getbinval(gone->vals[i], gone->tupdesc, 1, &isnull)), NULL);
	}
}

/* Makes one cap be as a row of SPI says. */
static void
change_set_cap(HeapTuple row, TupleDesc desc)
{
	bool isnull;
	CapRequest request = {
		.cap_id = DatumGetInt32(SPI_getbinval(row, desc, 1, &isnull)),
		.service_id = DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull)),
		.participant_id = DatumGetInt32(SPI_getbinval(row, desc, 3, &isnull)),
		.metric = SPI_getvalue(row, desc, 4),
		.during = SPI_getbinval(row, desc, 5, &isnull),
		.amount = DatumGetAmount(SPI_getbinval(row, desc, 6, &isnull)),
		.ladder = SPI_getvalue(row, desc, 7),
		.accept_overrun = true,
	};

	cap_follow(&request);
}

/* Makes the caps be as told, in the order of their numbers, in which their counters are locked. */
static void
change_set_caps(Datum body)
{
	static const char query[] =
		"SELECT cap_id, service_id, participant_id, metric, during, amount, ladder"
		" FROM jsonb_populate_recordset(NULL::steering.cap, $1 -> 'caps') ORDER BY cap_id";
	uint64 count;
	SPITupleTable *told;

	if (!change_has(body, "caps", NULL))
		return;
	count = change_execute(query, body);
	told = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		change_set_cap(told->vals[i], told->tupdesc);
	}
}

/* Ends what is held here for the act that is told of. */
static void
change_end_hold(Datum body)
{
	static const char query[] =
		"DELETE FROM steering.held_scope WHERE act = ($1 ->> 'act')::bigint";

	if (change_part(body, "act") != NULL && own_has_relation(OWN_HELD_SCOPE) &&
		change_execute(query, body) > 0)
		rulebook_invalidate();
}

/* Makes all be as told, in order; the argument is the change. */
static void
change_make(void *argument)
{
	static const char closings[] = "SELECT $1 -> 'closings'";
	Datum body = PointerGetDatum(argument);
	OwnSpi spi;

	own_spi_begin(&spi);
	if (change_is_structural(body))
	{
		source_table_lock_all();
		exclude_bookings();
	}
	change_drop_caps(body);
	for (int i = 0; i < lengthof(change_parts); i++)
		if (change_has(body, change_parts[i].part, change_parts[i].gone))
			(void) change_execute(change_parts[i].query, body);
	change_set_caps(body);
	if (change_has(body, "closings", NULL) && change_execute(closings, body) > 0)
		closing_follow(own_spi_column(0, 1, NULL));
	change_end_hold(body);
	own_spi_end(&spi);
}

/* Refuses to apply changes where the triggers of registers would not fire. */
void
change_check_role(void)
{
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("a change of the coordinator cannot be applied while "
							   "session_replication_role is \"replica\""),
						errhint("Call steering.catch_up() in a session where it is \"origin\".")));
}

/* Applies a change of the coordinator; 55000: this node does not know all that it says. */
void
change_apply(Datum body)
{
	change_check_role();
	change_shape_check(body);
	this_node_apply(change_make, DatumGetPointer(body));
}

/* Refuses a change whose number is not the next one. */
static void
change_refuse_gap(int64 number, int64 applied)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("change %lld of the coordinator cannot be applied before change %lld",
						   (long long) number, (long long) applied + 1),
					errhint("Call steering.catch_up() on this node.")));
}

/* Applies a change with a number, if it is the next one; 55000: there are others before it. One that was applied is skipped. */
void
change_apply_next(int64 number, Datum body)
{
	static const char query[] = "UPDATE steering.this_node SET applied = $1";
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(number)};
	int64 applied;
	OwnSpi spi;

	/* The coordinator may forget what this node says that it has applied. */
	lending_make_durable();
	own_spi_begin(&spi);
	applied = this_node_lock();
	if (number > applied + 1)
		change_refuse_gap(number, applied);
	if (number > applied)
	{
		(void) own_spi_execute(query, lengthof(types), types, values, NULL);
		change_apply(body);
	}
	own_spi_end(&spi);
}

/*
 * Applies the rows of the outbox here that are before a number and were not applied: those that came as a copy, say, for
 * which no trigger fires. Read by the name that the table has here, which may be a part of one that all nodes have.
 */
static void
change_apply_before(Relation outbox, int64 number)
{
	char *query =
		psprintf("SELECT number, body FROM %s WHERE number < $1"
				 " AND number > (SELECT applied FROM steering.this_node) ORDER BY number",
				 quote_qualified_identifier(STEERING_SCHEMA, RelationGetRelationName(outbox)));
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(number)};
	SPITupleTable *rows;
	uint64 count;
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) this_node_lock();
	count = own_spi_execute(query, lengthof(types), types, values, NULL);
	rows = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		change_apply_next(DatumGetInt64(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull)),
						  SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &isnull));
	}
	own_spi_end(&spi);
}

/* Row trigger on steering.outbox. The coordinator is as its own rows say already. */
Datum
steering_apply_change(PG_FUNCTION_ARGS)
{
	TriggerData *data = call_trigger(fcinfo);
	TupleDesc desc = RelationGetDescr(data->tg_relation);
	HeapTuple row = data->tg_trigtuple;
	int64 number;
	bool isnull;

	outbox_check(data->tg_relation, data->tg_trigger);
	if (!TRIGGER_FIRED_FOR_ROW(data->tg_event) || !TRIGGER_FIRED_BY_INSERT(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("trigger \"%s\" must be fired for each row that is inserted",
							   data->tg_trigger->tgname)));
	if (this_node_id() <= NODE_COORDINATOR)
		return PointerGetDatum(NULL);
	number = DatumGetInt64(SPI_getbinval(row, desc, SPI_fnumber(desc, "number"), &isnull));
	if (number > this_node_applied() + 1)
		change_apply_before(data->tg_relation, number);
	change_apply_next(number, SPI_getbinval(row, desc, SPI_fnumber(desc, "body"), &isnull));
	return PointerGetDatum(NULL);
}
