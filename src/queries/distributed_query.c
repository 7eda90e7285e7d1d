/*
 * distributed_query.c
 *	  Queries over tables whose rows Citus keeps in shards: what is done on the coordinator.
 *
 * Shards of co-located tables whose rows have the same value of the column by which they are distributed stand on one
 * node, whatever is moved. So a query that joins by that column is a query over such shards, once for each group of
 * them, and each is attached by the node on which it stands. On the coordinator there is no source. What it has is a
 * trigger on the first table, made by CREATE TRIGGER, which Citus repeats for each shard, in this transaction; its
 * argument is what was asked for. It does nothing when it fires: that a shard gets it, or loses it, is what a node follows
 * (query_shard.c). All else that a shard needs its node makes.
 *
 * What a node keeps beside its shards does not go along when these are moved or split. Citus makes the trigger wherever
 * it brings a shard, and there it is refused.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "nodes/bitmapset.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "mapping/table_owner.h"
#include "own.h"
#include "queries/distributed_query.h"
#include "queries/query_join.h"
#include "queries/query_text.h"
#include "queries/query_trigger.h"
#include "sources/citus.h"
#include "sources/distributed_table.h"
#include "sources/source_table.h"
#include "types/name_text.h"

/* What attach_query() was asked for, as JSON. */
#define DISTRIBUTED_QUERY_ASKED                                                                    \
	"SELECT pg_catalog.jsonb_build_object('query', $1, 'stage', $2, 'unknown', $3, 'name', $4, "   \
	"'accept_overrun', $5, 'headers', $6::regclass[]::text[], "                                    \
	"'promise_unique', $7::regclass[]::text[], 'moved', $8)::text"

/* The triggers of queries that a table has as the first of one. */
#define DISTRIBUTED_QUERY_TRIGGERS                                                                 \
	"SELECT tgname::text FROM pg_catalog.pg_trigger WHERE tgrelid = $1 "                           \
	"AND tgfoid = 'steering.follow_query'::regproc AND tgnargs = 1 ORDER BY 1"

/* How the tables of a query are spread over nodes. */
typedef struct QuerySpread
{
	const BookingQuery *query;
	CitusSpread *tables;
	AttrNumber *columns; /* by which they are distributed */
} QuerySpread;

/* Raises that a table is not where the first one is. */
static void
distributed_query_refuse_place(const BookingQuery *query, int index)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"%s\" is not distributed together with table \"%s\"",
					name_text_in_message(query->table[index].relid),
					name_text_in_message(booking_query_lines(query))),
			 errdetail("Rows are joined on the node where they stand, so that all tables of a "
					   "query are co-located, or are reference tables."),
			 errhint("Use create_distributed_table() with colocate_with, or "
					 "create_reference_table(); or attach one table that has all that a booking "
					 "needs.")));
}

/* Raises that rows of a table may match rows of another node. */
static void
distributed_query_refuse_join(const QuerySpread *spread, int index)
{
	const BookingQuery *query = spread->query;
	const char *name = name_text_in_message(query->table[index].relid);
	const char *column = get_attname(query->table[index].relid, spread->columns[index], false);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"%s\" is not joined by column \"%s\", by which it is distributed", name,
					column),
			 errdetail("A row could have its match on another node."),
			 errhint("Join it by that column of a table before it too, as in ON h.id = l.header_id "
					 "AND h.%s = l.%s.",
					 quote_identifier(column),
					 quote_identifier(
						 get_attname(booking_query_lines(query), spread->columns[0], false)))));
}

/* Refuses the first table where it is not one whose shards are plain tables, each on a node of its own. */
static void
distributed_query_check_lines(const QuerySpread *spread)
{
	Oid relid = booking_query_lines(spread->query);

	if (citus_kind(relid) != CITUS_DISTRIBUTED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\", whose rows are to be bookings, is not distributed",
						name_text_in_message(relid)),
				 errdetail("Other tables of the query are managed by Citus. A copy on each node "
						   "would book as often as there are nodes."),
				 errhint("Distribute it together with them, by create_distributed_table().")));
	distributed_table_check_copies(relid);
	if (spread->query->columns[QUERY_REFERENCE] != NULL ||
		spread->query->columns[QUERY_RELEASES] != NULL)
		distributed_table_refuse_orders(relid);
}

/* Refuses a table that is not where the first one is, or that may match rows of another node. */
static void
distributed_query_check_table(const QuerySpread *spread, int index)
{
	const BookingQuery *query = spread->query;
	const CitusSpread *table = &spread->tables[index];

	if (citus_kind(query->table[index].relid) == CITUS_NONE ||
		(!table->is_copied && table->group != spread->tables[0].group) || table->group == 0)
		distributed_query_refuse_place(query, index);
	if (get_rel_relkind(query->table[index].relid) != RELKIND_RELATION)
		distributed_table_refuse_kind(query->table[index].relid);
	if (index > 0 && spread->columns[index] != InvalidAttrNumber &&
		!query_join_is_by(query, index, spread->columns))
		distributed_query_refuse_join(spread, index);
}

/* Returns the only table from whose columns something is read; -1: there is none, or more than one. */
static int
distributed_query_reads(const BookingQuery *query, Node *expression)
{
	int found = -1;

	for (int i = 0; i < query->tables; i++)
	{
		Bitmapset *read = NULL;

		pull_varattnos(expression, i + 1, &read);
		if (bms_is_empty(read))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/*
 * Checks that the participant is read from nothing but the column by which the tables are distributed. Of a table that is
 * joined by LEFT JOIN it is null where there is no match, on any node.
 */
void
distributed_query_check_participant(const BookingQuery *query, const AttrNumber *columns)
{
	Node *participant = copyObject(query->columns[QUERY_PARTICIPANT]);
	int index = distributed_query_reads(query, participant);

	if (columns[0] == InvalidAttrNumber)
		return;
	if (index < 0 || columns[index] == InvalidAttrNumber || query->table[index].is_left)
	{
		index = 0;
		participant = NULL;
	}
	ChangeVarNodes(participant, index + 1, 1, 0);
	distributed_table_check_participant(query->table[index].relid, (Expr *) participant,
										columns[index]);
}

/* Checks where the tables of a query are: each row of the first finds its matches on its own node. */
void
distributed_query_check(const BookingQuery *query)
{
	QuerySpread spread = {query};

	spread.tables = palloc0(query->tables * sizeof(CitusSpread));
	spread.columns = palloc0(query->tables * sizeof(AttrNumber));
	for (int i = 0; i < query->tables; i++)
		if (citus_spread(query->table[i].relid, &spread.tables[i]))
			spread.columns[i] = spread.tables[i].attribute;
	distributed_query_check_lines(&spread);
	for (int i = 0; i < query->tables; i++)
		distributed_query_check_table(&spread, i);
	distributed_query_check_participant(query, spread.columns);
}

/* Returns what was asked for as JSON, whose names are qualified. Within own_spi. */
static char *
distributed_query_asked(const AttachQuery *attach)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, OIDARRAYOID, OIDARRAYOID, BOOLOID};
	Datum values[] = {CStringGetTextDatum(query_text_print(attach->tree)),
					  CStringGetTextDatum(attach->stage),
					  CStringGetTextDatum(attach->unknown),
					  attach->name == NULL ? (Datum) 0 : CStringGetTextDatum(attach->name),
					  BoolGetDatum(attach->accepts_overrun),
					  source_table_array(attach->headers),
					  source_table_array(attach->promised),
					  BoolGetDatum(attach->is_moved)};
	char nulls[] = {' ', ' ', ' ', attach->name == NULL ? 'n' : ' ', ' ', ' ', ' ', ' '};

	own_spi_execute(DISTRIBUTED_QUERY_ASKED, lengthof(types), types, values, nulls);
	return own_spi_text(0, 1);
}

/* Returns a name for the trigger of one more query on a table, which is locked. */
static char *
distributed_query_trigger(Oid relid)
{
	int number = 1;
	char *name;

	do
		name = psprintf(QUERY_TRIGGER_ASKED "%d", number++);
	while (OidIsValid(get_trigger_oid(relid, name, true)));
	return name;
}

/* Keeps others from writing the tables of a query that are locked here, on all nodes. */
void
distributed_query_lock(const AttachQuery *attach)
{
	OwnSpi spi;
	ListCell *cell;

	distributed_table_begin(&spi);
	foreach(cell, attach->trees)
		own_spi_execute(psprintf("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE",
								 name_text_of_table(linitial_oid(lfirst(cell)))),
						0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/* Has a query, whose tables are locked and checked, attached over the shards of its tables, by the nodes where they stand. */
void
distributed_query_attach(const AttachQuery *attach, const BookingQuery *query)
{
	Oid lines = booking_query_lines(query);
	OwnSpi spi;

	distributed_table_begin(&spi);
	/* Not one that another trigger of the table has: it would tell that its row is deleted. */
	own_spi_execute(psprintf("CREATE TRIGGER %s BEFORE DELETE ON %s FOR EACH STATEMENT "
							 "EXECUTE FUNCTION steering.follow_query(%s)",
							 distributed_query_trigger(lines), name_text_of_table(lines),
							 quote_literal_cstr(distributed_query_asked(attach))),
					0, NULL, NULL, NULL);
	own_spi_end(&spi);
}

/* Returns the names of the triggers of queries that a table has as the first of one. Within own_spi. */
static List *
distributed_query_triggers(Oid relid)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	uint64 rows = own_spi_execute(DISTRIBUTED_QUERY_TRIGGERS, lengthof(types), types, values, NULL);
	List *names = NIL;

	for (uint64 i = 0; i < rows; i++)
		names = lappend(names, own_spi_text(i, 1));
	return names;
}

/* Ends the queries that a distributed table is the first of, on all nodes; false: there is none. */
bool
distributed_query_detach(Oid relid)
{
	List *names;
	ListCell *cell;
	OwnSpi spi;

	if (citus_kind(relid) != CITUS_DISTRIBUTED)
		return false;
	table_owner_require(relid);
	distributed_table_begin(&spi);
	names = distributed_query_triggers(relid);
	foreach(cell, names)
		own_spi_execute(psprintf("DROP TRIGGER %s ON %s", quote_identifier(lfirst(cell)),
								 name_text_of_table(relid)),
						0, NULL, NULL, NULL);
	own_spi_end(&spi);
	return names != NIL;
}
