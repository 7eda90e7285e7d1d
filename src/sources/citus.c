/*
 * citus.c
 *	  What the catalogs of Citus say of a table; see citus.h.
 *
 * They are tables in pg_catalog that anyone may read, and are read by SQL. Where Citus is not there that is one look
 * for a name, and no more.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "own.h"
#include "sources/citus.h"
#include "sources/shard_name.h"

/* Of a table with one shard and no column by which it is distributed: those of a schema, the copied, the local. */
#define CITUS_KIND                                                                                 \
	"SELECT partmethod <> 'n' OR repmodel = 's' AND colocationid <> 0 "                            \
	"FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = $1"

/* The column by which a table is distributed, as PostgreSQL writes a node down. */
#define CITUS_COLUMN "SELECT partkey FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = $1"

/* A shard that is to be written and read on this node. */
#define CITUS_PLACEMENT                                                                             \
	"SELECT FROM pg_catalog.pg_dist_placement JOIN pg_catalog.pg_dist_local_group USING (groupid) " \
	"WHERE shardid = $1"

/* The table that a shard belongs to. The name of a shard begins as that of its table does, or is cut off. */
#define CITUS_SHARD_OF                                                                             \
	"SELECT logicalrelid::text FROM pg_catalog.pg_dist_shard "                                     \
	"JOIN pg_catalog.pg_class AS whole ON whole.oid = logicalrelid "                               \
	"JOIN pg_catalog.pg_class AS part ON part.relnamespace = whole.relnamespace "                  \
	"AND left(part.relname, 40) = left(whole.relname || '_' || shardid, 40) "                      \
	"WHERE part.oid = $1 AND shardid = $2"

/* A table that a subscription writes still. */
#define CITUS_FED                                                                                  \
	"SELECT FROM pg_catalog.pg_subscription_rel "                                                  \
	"JOIN pg_catalog.pg_subscription ON pg_subscription.oid = srsubid "                            \
	"WHERE srrelid = $1 AND subenabled"

/* Tells whether the catalogs of Citus are there. */
bool
citus_is_there(void)
{
	return OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE));
}

/* Tells whether a query about a number puts out a row. */
static bool
citus_finds(const char *query, Oid type, Datum value)
{
	OwnSpi spi;
	bool found;

	own_spi_begin(&spi);
	found = own_spi_execute(query, 1, &type, &value, NULL) > 0;
	own_spi_end(&spi);
	return found;
}

/* Returns what a table is to Citus. */
CitusKind
citus_kind(Oid relid)
{
	char *distributed;

	if (!citus_is_there())
		return CITUS_NONE;
	distributed = own_spi_look_up(CITUS_KIND, OIDOID, ObjectIdGetDatum(relid));
	if (distributed == NULL)
		return CITUS_NONE;
	return distributed[0] == 't' ? CITUS_DISTRIBUTED : CITUS_COPIED;
}

/* Returns the column by which a table is distributed; InvalidAttrNumber: none, since it has one shard. */
AttrNumber
citus_distribution_column(Oid relid)
{
	char *column = own_spi_look_up(CITUS_COLUMN, OIDOID, ObjectIdGetDatum(relid));

	return column == NULL ? InvalidAttrNumber : castNode(Var, stringToNode(column))->varattno;
}

/* Tells whether this node is where a shard is read and written; one that is being moved here is not yet. */
bool
citus_has_placement(int64 shard)
{
	return citus_is_there() && citus_finds(CITUS_PLACEMENT, INT8OID, Int64GetDatum(shard));
}

/* Returns the name of the table that a shard belongs to; NULL: the table is no shard. */
char *
citus_shard_of(Oid relid)
{
	Oid types[] = {OIDOID, INT8OID};
	Datum values[lengthof(types)];
	MemoryContext caller = CurrentMemoryContext;
	char *table = get_rel_name(relid);
	int64 number;
	OwnSpi spi;

	if (table == NULL || !citus_is_there() || !shard_name_number(table, &number))
		return NULL;
	values[0] = ObjectIdGetDatum(relid);
	values[1] = Int64GetDatum(number);
	table = NULL;
	own_spi_begin(&spi);
	if (own_spi_execute(CITUS_SHARD_OF, lengthof(types), types, values, NULL) > 0)
		table = MemoryContextStrdup(caller, own_spi_text(0, 1));
	own_spi_end(&spi);
	return table;
}

/* Tells whether rows of another server come into a table still, by a subscription: of the shard that it is to be. */
bool
citus_is_fed(Oid relid)
{
	return citus_finds(CITUS_FED, OIDOID, ObjectIdGetDatum(relid));
}

PG_FUNCTION_INFO_V1(steering_table_of_shard);

/* table_of_shard(relation oid) */
Datum
steering_table_of_shard(PG_FUNCTION_ARGS)
{
	char *table = citus_shard_of(PG_GETARG_OID(0));

	if (table == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(table));
}
