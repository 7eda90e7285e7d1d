/*
 * query_shard.c
 *	  Queries over shards that stand on this node, as the coordinator has them attached and detached; see
 *	  distributed_query.c.
 *
 * The text of the query names the tables that the shards belong to. Each is replaced by its shard beside that of the
 * first table, or by the copy of a reference table; then the query is attached like any other. It ends when the shard
 * has lost the trigger by which it was asked for.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "own.h"
#include "queries/attach_query.h"
#include "queries/detach_query.h"
#include "queries/query_shard.h"
#include "queries/query_store.h"
#include "queries/query_text.h"
#include "queries/query_trigger.h"
#include "sources/citus.h"
#include "sources/distributed_table.h"
#include "sources/shard_name.h"
#include "types/name_text.h"

/* What attach_query() was asked for on the coordinator. */
#define QUERY_SHARD_ASKED                                                                          \
	"SELECT asked ->> 'query', asked ->> 'stage', asked ->> 'unknown', asked ->> 'name', "         \
	"(asked ->> 'accept_overrun')::bool, "                                                         \
	"ARRAY(SELECT to_regclass(name)::oid FROM jsonb_array_elements_text(asked -> 'headers') "      \
	"AS name), ARRAY(SELECT to_regclass(name)::oid "                                               \
	"FROM jsonb_array_elements_text(asked -> 'promise_unique') AS name), "                         \
	"coalesce((asked ->> 'moved')::bool, false) "                                                  \
	"FROM (SELECT $1::jsonb) AS asked (asked)"

/* Sources with queries whose first table has lost the last trigger by which one was asked for. */
#define QUERY_SHARD_RELEASED                                                                       \
	"SELECT DISTINCT source_id FROM pg_catalog.pg_event_trigger_dropped_objects() AS gone "        \
	"JOIN steering.query_table ON position = 1 AND relation::oid = "                               \
	"pg_catalog.to_regclass(pg_catalog.format('%I.%I', address_names[1], address_names[2]))::oid " \
	"JOIN steering.source USING (source_id) "                                                      \
	"WHERE gone.classid = 'pg_catalog.pg_trigger'::regclass "                                      \
	"AND starts_with(gone.address_names[3], '" QUERY_TRIGGER_ASKED "') "                           \
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = query_table.relation::oid " \
	"AND tgfoid = 'steering.follow_query'::regproc AND tgnargs = 1) ORDER BY 1"

/* Tells whether a command makes a trigger that is called as one by which a query is asked for. */
static bool
query_shard_is_asked(const Node *command)
{
	const CreateTrigStmt *statement = (const CreateTrigStmt *) command;

	return IsA(command, CreateTrigStmt) && list_length(statement->args) == 1 &&
		   strncmp(statement->trigname, QUERY_TRIGGER_ASKED, strlen(QUERY_TRIGGER_ASKED)) == 0;
}

/* Raises that a query cannot come with a table to where it is made. */
static void
query_shard_refuse(Oid relid)
{
	const char *whole = citus_shard_of(relid);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"%s\" cannot be moved, split or distributed anew while a query of "
					"bookings begins with it",
					whole != NULL ? whole : name_text_in_message(relid)),
			 errdetail("What its rows come to is kept on the nodes where they stood when the query "
					   "was attached."),
			 errhint("Call steering.detach() for it on the coordinator, do that, and call "
					 "steering.attach_query() again.")));
}

/* Returns the shard that stands for a table beside a shard of the first one. */
static Oid
query_shard_of(Oid lines, Oid whole)
{
	Oid shard = citus_sibling(lines, whole);

	if (!OidIsValid(shard))
		query_shard_refuse(lines);
	return shard;
}

/* Returns the shards that stand for a list of tables. */
static List *
query_shard_list(Oid lines, List *tables)
{
	List *shards = NIL;
	ListCell *cell;

	foreach(cell, tables)
		shards = lappend_oid(shards, query_shard_of(lines, lfirst_oid(cell)));
	return shards;
}

/* Returns an array of numbers as a list. */
static List *
query_shard_numbers(Datum array)
{
	List *numbers = NIL;
	Datum *elements;
	int count;

	deconstruct_array(DatumGetArrayTypeP(array), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &elements,
					  NULL, &count);
	for (int i = 0; i < count; i++)
		numbers = lappend_oid(numbers, DatumGetObjectId(elements[i]));
	return numbers;
}

/* Returns the text of a query with shards in the place of its tables. It was written by query_text_print(). */
static char *
query_shard_text(Oid lines, const char *text)
{
	List *tables = query_text_tables(text);
	StringInfoData replaced;
	int done = 0;
	ListCell *cell;

	initStringInfo(&replaced);
	foreach(cell, tables)
	{
		const RangeVar *table = lfirst_node(RangeVar, cell);
		const char *name = quote_qualified_identifier(table->schemaname, table->relname);
		Oid shard = query_shard_of(lines, RangeVarGetRelid(table, NoLock, false));

		if (strncmp(text + table->location, name, strlen(name)) != 0)
			elog(ERROR, "table %s not found in \"%s\"", name, text);
		appendBinaryStringInfo(&replaced, text + done, table->location - done);
		appendStringInfoString(&replaced,
							   quote_qualified_identifier(table->schemaname, get_rel_name(shard)));
		if (table->alias == NULL)
			appendStringInfo(&replaced, " %s", quote_identifier(table->relname));
		done = table->location + strlen(name);
	}
	appendStringInfoString(&replaced, text + done);
	return replaced.data;
}

/* Returns a text of what was asked for, in the memory of context; NULL: it is null. Within own_spi. */
static char *
query_shard_asked(int column, MemoryContext context)
{
	char *text = own_spi_text(0, column);

	return text == NULL ? NULL : MemoryContextStrdup(context, text);
}

/* Reads what was asked for, of the tables that the shards belong to. */
static void
query_shard_read(const char *asked, AttachQuery *attach)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {TEXTOID};
	Datum values[] = {CStringGetTextDatum(asked)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(QUERY_SHARD_ASKED, lengthof(types), types, values, NULL);
	attach->text = query_shard_asked(1, caller);
	attach->stage = query_shard_asked(2, caller);
	attach->unknown = query_shard_asked(3, caller);
	attach->name = query_shard_asked(4, caller);
	attach->accepts_overrun = DatumGetBool(own_spi_column(0, 5, NULL));
	attach->is_moved = DatumGetBool(own_spi_column(0, 8, NULL));
	MemoryContextSwitchTo(caller);
	attach->headers = query_shard_numbers(own_spi_column(0, 6, NULL));
	attach->promised = query_shard_numbers(own_spi_column(0, 7, NULL));
	own_spi_end(&spi);
}

/*
 * Returns what the trigger of this name on a table asks for; NULL: it does not call our function, which nobody else may
 * execute, but one of others, whatever it is called.
 */
static char *
query_shard_argument(Oid relid, const char *name)
{
	Oid function =
		LookupFuncName(list_make2(makeString(STEERING_SCHEMA), makeString("follow_query")), 0, NULL,
					   true);
	Relation rel = table_open(relid, AccessShareLock);
	char *argument = NULL;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &rel->trigdesc->triggers[i];

		if (trigger->tgfoid == function && trigger->tgnargs == 1 &&
			strcmp(trigger->tgname, name) == 0)
			argument = pstrdup(trigger->tgargs[0]);
	}
	table_close(rel, NoLock);
	return argument;
}

/* Attaches the query that is asked for, over a shard and those beside it. */
static void
query_shard_attach(Oid lines, int64 number, const char *asked)
{
	AttachQuery attach = {0};
	int nest_level = own_pin_settings();

	query_shard_read(asked, &attach);
	attach.text = query_shard_text(lines, attach.text);
	attach.headers = query_shard_list(lines, attach.headers);
	attach.promised = query_shard_list(lines, attach.promised);
	if (attach.name != NULL)
		attach.name = makeObjectName(attach.name, psprintf(INT64_FORMAT, number), NULL);
	attach.is_shard = true;
	(void) attach_query(&attach);
	own_unpin_settings(nest_level);
}

/*
 * Follows the making of a trigger by which a query is asked for; false: the command makes none. On the table itself there
 * is nothing to be done: it has no rows. Where it is not distributed any more it has; but that a worker may not know yet.
 * A shard that does not stand here is one that Citus is bringing.
 */
bool
query_shard_follow(const Node *command)
{
	const CreateTrigStmt *statement = (const CreateTrigStmt *) command;
	const char *asked;
	const char *name;
	Oid relid;
	int64 number;
	bool is_shard;

	if (!query_shard_is_asked(command))
		return false;
	relid = RangeVarGetRelid(statement->relation, NoLock, false);
	asked = query_shard_argument(relid, statement->trigname);
	if (asked == NULL)
		return false;
	name = get_rel_name(relid);
	is_shard = shard_name_strip(statement->trigname, name) != statement->trigname;
	if (!is_shard && (citus_kind(relid) == CITUS_DISTRIBUTED || citus_is_worker()))
		return true;
	if (!is_shard || !shard_name_number(name, &number) || !citus_has_placement(number))
		query_shard_refuse(relid);
	distributed_table_check_node();
	query_shard_attach(relid, number, asked);
	return true;
}

/* Follows DROP TRIGGER: ends queries over shards that have lost the last trigger by which one was asked for. */
void
query_shard_follow_drop(void)
{
	List *sources = citus_is_there() ? own_spi_numbers(QUERY_SHARD_RELEASED, 0, NULL, NULL) : NIL;
	ListCell *cell;

	foreach(cell, sources)
		if (citus_shard_of(linitial_oid(query_store_tables(lfirst_int(cell)))) != NULL)
			detach_query(lfirst_int(cell));
}
