/*
 * query_store.c
 *	  Queries as they are stored. The only writer of steering.query, steering.query_table and steering.query_tree.
 *
 * Read with the latest snapshot, as sources are. Results are in the caller's memory.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/catversion.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "mapping/mapping.h"
#include "mapping/source.h"
#include "mapping/table_owner.h"
#include "own.h"
#include "queries/booking_table.h"
#include "queries/query_check.h"
#include "queries/query_join.h"
#include "queries/query_store.h"
#include "queries/query_text.h"
#include "sources/source_table.h"
#include "types/name_text.h"

#define QUERY_STORE_ADD "INSERT INTO steering.query (source_id, query) VALUES ($1, $2)"

#define QUERY_STORE_ADD_TABLE                                                                      \
	"INSERT INTO steering.query_table (source_id, position, relation, is_header, is_promised) "    \
	"VALUES ($1, $2, $3, $4, $5)"

#define QUERY_STORE_RENAME                                                                         \
	"UPDATE steering.query SET query = $2 WHERE source_id = $1 AND query <> $2"

#define QUERY_STORE_ALL                                                                            \
	"SELECT source_id FROM steering.query JOIN steering.source USING (source_id) ORDER BY 1"

#define QUERY_STORE_FIXED                                                                          \
	"SELECT source_id FROM steering.query_tree WHERE source_id = $1 AND catalog_version = $2 "     \
	"AND system_identifier = $3"

#define QUERY_STORE_TREE                                                                           \
	"INSERT INTO steering.query_tree (source_id, tree, catalog_version, system_identifier) "       \
	"VALUES ($1, $2, $3, $4) ON CONFLICT (source_id) DO UPDATE "                                   \
	"SET tree = excluded.tree, catalog_version = excluded.catalog_version, "                       \
	"system_identifier = excluded.system_identifier"

#define QUERY_STORE_DELETE                                                                         \
	"WITH gone_tree AS (DELETE FROM steering.query_tree WHERE source_id = $1), "                   \
	"gone_table AS (DELETE FROM steering.query_table WHERE source_id = $1) "                       \
	"DELETE FROM steering.query WHERE source_id = $1"

#define QUERY_STORE_FIND                                                                           \
	"SELECT DISTINCT source_id FROM steering.query_table JOIN steering.source USING (source_id) "  \
	"WHERE query_table.relation::oid = ANY ($1) ORDER BY 1"

#define QUERY_STORE_FIND_LINES                                                                     \
	"SELECT source_id FROM steering.query_table JOIN steering.source USING (source_id) "           \
	"WHERE query_table.relation::oid = ANY ($1) AND position = 1 ORDER BY 1"

/* Those whose source is gone. One that waits for its table is not. */
#define QUERY_STORE_FIND_LOST                                                                      \
	"SELECT source_id FROM steering.query "                                                        \
	"WHERE source_id NOT IN (SELECT source_id FROM steering.source "                               \
	"UNION ALL SELECT source_id FROM steering.missing_table WHERE is_source) ORDER BY 1"

#define QUERY_STORE_HAS "SELECT source_id FROM steering.query WHERE source_id = $1"

#define QUERY_STORE_TABLES                                                                         \
	"SELECT relation::oid FROM steering.query_table WHERE source_id = $1 ORDER BY position"

#define QUERY_STORE_LOAD                                                                           \
	"SELECT query.query, source.relation::oid, source.stage, first_table.relation::oid, "          \
	"query_tree.tree::text FROM steering.query JOIN steering.source USING (source_id) "            \
	"JOIN steering.query_table AS first_table USING (source_id) "                                  \
	"LEFT JOIN steering.query_tree ON query_tree.source_id = query.source_id "                     \
	"AND (query_tree.catalog_version, query_tree.system_identifier) = ($2, $3) "                   \
	"WHERE query.source_id = $1 AND first_table.position = 1"

#define QUERY_STORE_LOAD_TABLES                                                                    \
	"SELECT is_header, is_promised FROM steering.query_table WHERE source_id = $1 "                \
	"ORDER BY position"

/* Makes all backends read queries again when this transaction commits. */
static void
query_store_invalidate(void)
{
	CacheInvalidateRelcacheByRelid(own_relation(OWN_QUERY));
}

/* Writes down one table of a query. Within own_spi. */
static void
query_store_add_table(const BookingQuery *query, int index)
{
	const QueryTable *table = &query->table[index];
	Oid types[] = {INT4OID, INT4OID, OIDOID, BOOLOID, BOOLOID};
	Datum values[] = {Int32GetDatum(query->source_id), Int32GetDatum(index + 1),
					  ObjectIdGetDatum(table->relid), BoolGetDatum(table->is_header),
					  BoolGetDatum(table->is_promised)};

	own_spi_execute(QUERY_STORE_ADD_TABLE, lengthof(types), types, values, NULL);
}

/* Writes down what a query was resolved to. */
void
query_store_tree(const BookingQuery *query)
{
	Oid types[] = {INT4OID, PG_NODE_TREEOID, INT4OID, INT8OID};
	Datum values[] = {Int32GetDatum(query->source_id),
					  CStringGetTextDatum(nodeToString(query->tree)),
					  Int32GetDatum(CATALOG_VERSION_NO),
					  Int64GetDatum((int64) GetSystemIdentifier())};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(QUERY_STORE_TREE, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	query_store_invalidate();
}

/* Tells whether the meaning of a query is fixed. */
bool
query_store_is_fixed(int32 source_id)
{
	Oid types[] = {INT4OID, INT4OID, INT8OID};
	Datum values[] = {Int32GetDatum(source_id), Int32GetDatum(CATALOG_VERSION_NO),
					  Int64GetDatum((int64) GetSystemIdentifier())};
	bool fixed;
	OwnSpi spi;

	own_spi_begin(&spi);
	fixed = own_spi_execute(QUERY_STORE_FIXED, lengthof(types), types, values, NULL) > 0;
	own_spi_end(&spi);
	return fixed;
}

/* Writes the text of a query anew, where names in it have changed, so that a dump holds the present ones. */
void
query_store_rename(const BookingQuery *query)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(query->source_id),
					  CStringGetTextDatum(query_text_print(query->tree))};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(QUERY_STORE_RENAME, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Writes a query down, whose source is there. */
void
query_store_add(const BookingQuery *query)
{
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {Int32GetDatum(query->source_id),
					  CStringGetTextDatum(query_text_print(query->tree))};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(QUERY_STORE_ADD, lengthof(types), types, values, NULL);
	for (int i = 0; i < query->tables; i++)
		query_store_add_table(query, i);
	own_spi_end(&spi);
	query_store_tree(query);
}

/* Forgets a query. */
void
query_store_delete(int32 source_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(source_id)};
	OwnSpi spi;

	own_spi_begin(&spi);
	own_spi_execute(QUERY_STORE_DELETE, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	query_store_invalidate();
}

/* Runs a query and returns the numbers that it puts out, of sources or tables, in the caller's memory. */
static List *
query_store_list(const char *sql, int nargs, Oid type, Datum value, bool oids)
{
	MemoryContext caller = CurrentMemoryContext;
	List *found = NIL;
	OwnSpi spi;
	uint64 rows;

	if (!own_has_relation(OWN_QUERY))
		return NIL;
	own_spi_begin(&spi);
	rows = own_spi_execute(sql, nargs, &type, &value, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		Datum number = own_spi_column(i, 1, NULL);

		found = oids ? lappend_oid(found, DatumGetObjectId(number))
					 : lappend_int(found, DatumGetInt32(number));
	}
	own_spi_end(&spi);
	return found;
}

/* Returns the numbers of the sources whose queries join any of these tables, in order. */
List *
query_store_find(List *relids)
{
	return query_store_list(QUERY_STORE_FIND, 1, OIDARRAYOID, source_table_array(relids), false);
}

/* Returns the numbers of the sources whose queries begin with a table, in order. */
List *
query_store_find_lines(Oid relid)
{
	return query_store_list(QUERY_STORE_FIND_LINES, 1, OIDARRAYOID,
							source_table_array(list_make1_oid(relid)), false);
}

/* Returns the numbers of all sources with queries, in order. */
List *
query_store_list_all(void)
{
	return query_store_list(QUERY_STORE_ALL, 0, InvalidOid, (Datum) 0, false);
}

/* Returns the numbers of the queries whose source is gone. */
List *
query_store_find_lost(void)
{
	return query_store_list(QUERY_STORE_FIND_LOST, 0, InvalidOid, (Datum) 0, false);
}

/* Returns the name of a source. */
const char *
query_store_name(int32 source_id)
{
	List *sources = source_list();
	ListCell *cell;

	foreach(cell, sources)
		if (((Source *) lfirst(cell))->source_id == source_id)
			return ((Source *) lfirst(cell))->name;
	return psprintf("%d", source_id);
}

/* Tells whether a source has a query. */
bool
query_store_has(int32 source_id)
{
	return query_store_list(QUERY_STORE_HAS, 1, INT4OID, Int32GetDatum(source_id), false) != NIL;
}

/* Returns the tables of a query as they are stored; some may be gone. */
List *
query_store_tables(int32 source_id)
{
	return query_store_list(QUERY_STORE_TABLES, 1, INT4OID, Int32GetDatum(source_id), true);
}

/* Returns a table and all above it. */
List *
query_store_above(Oid relid)
{
	List *tables = list_make1_oid(relid);
	ListCell *cell;

	/* The list grows while it is gone through. */
	foreach(cell, tables)
		tables = list_concat_unique_oid(tables, source_parents(lfirst_oid(cell)));
	return tables;
}

/* A query as it is read. */
typedef struct QueryRow
{
	int32 source_id;
	char *text;
	char *tree; /* NULL: none of this server's catalogs */
	char *stage;
	Oid booking_table;
	Oid lines;
	int tables;
	bool *is_header;
	bool *is_promised;
} QueryRow;

/* Reads the tables of a query. Within own_spi; into the memory of context. */
static void
query_store_read_tables(QueryRow *row, MemoryContext context)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(row->source_id)};

	row->tables = own_spi_execute(QUERY_STORE_LOAD_TABLES, lengthof(types), types, values, NULL);
	row->is_header = MemoryContextAlloc(context, row->tables * sizeof(bool));
	row->is_promised = MemoryContextAlloc(context, row->tables * sizeof(bool));
	for (int i = 0; i < row->tables; i++)
	{
		row->is_header[i] = DatumGetBool(own_spi_column(i, 1, NULL));
		row->is_promised[i] = DatumGetBool(own_spi_column(i, 2, NULL));
	}
}

/* Reads what is stored of a query; false: there is none of this number, or a table of it is not there. */
static bool
query_store_read(int32 source_id, QueryRow *row)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid types[] = {INT4OID, INT4OID, INT8OID};
	Datum values[] = {Int32GetDatum(source_id), Int32GetDatum(CATALOG_VERSION_NO),
					  Int64GetDatum((int64) GetSystemIdentifier())};
	bool found;
	OwnSpi spi;

	own_spi_begin(&spi);
	found = own_spi_execute(QUERY_STORE_LOAD, lengthof(types), types, values, NULL) > 0;
	if (found)
	{
		char *tree = own_spi_text(0, 5);

		row->source_id = source_id;
		row->text = MemoryContextStrdup(caller, own_spi_text(0, 1));
		row->booking_table = DatumGetObjectId(own_spi_column(0, 2, NULL));
		row->stage = MemoryContextStrdup(caller, own_spi_text(0, 3));
		row->lines = DatumGetObjectId(own_spi_column(0, 4, NULL));
		row->tree = tree == NULL ? NULL : MemoryContextStrdup(caller, tree);
		query_store_read_tables(row, caller);
	}
	own_spi_end(&spi);
	return found;
}

/*
 * Finds out how the key is called in the booking table, whose columns begin with it. It may have been altered on one
 * of the two tables alone.
 */
static void
query_store_name_key(BookingQuery *query)
{
	for (int i = 0; i < query->keys; i++)
	{
		const QueryKey *key = &query->key[i];

		if (get_atttype(query->booking_table, i + 1) !=
			get_atttype(booking_query_lines(query), key->attribute))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the primary key of table \"%s\" is not that of its booking "
							"table \"%s\"",
							name_text_in_message(booking_query_lines(query)),
							name_text_in_message(query->booking_table)),
					 errhint("Detach the query with steering.detach(), and attach it anew.")));
		query->key[i].name = get_attname(query->booking_table, i + 1, false);
	}
}

/* Makes a query of what is stored of it. */
static BookingQuery *
query_store_make(const QueryRow *row)
{
	Query *tree = row->tree != NULL ? stringToNode(row->tree)
									: query_text_parse_pinned(row->text, table_owner(row->lines));
	BookingQuery *query = booking_query_of_tree(tree, row->stage);

	if (query->tables != row->tables)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("rows of table \"%s\" were changed by somebody", "steering.query_table")));
	query->source_id = row->source_id;
	query->booking_table = row->booking_table;
	for (int i = 0; i < row->tables; i++)
	{
		query->table[i].is_header = row->is_header[i];
		query->table[i].is_promised = row->is_promised[i];
		query->has_promise |= row->is_promised[i];
	}
	query_check_key(query);
	query_store_name_key(query);
	booking_table_check(query);
	query_join_find_buckets(query);
	query->is_foreign = query_check_is_foreign(query);
	return query;
}

/* Returns the query of a source, in the caller's memory; NULL: it has none. */
BookingQuery *
query_store_load(int32 source_id)
{
	QueryRow row;

	mapping_refresh_plans();
	if (!own_has_relation(OWN_QUERY) || !query_store_read(source_id, &row))
		return NULL;
	return query_store_make(&row);
}
