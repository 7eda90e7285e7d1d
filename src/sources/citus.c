/*
 * citus.c
 *	  What the catalogs of Citus say of a table; see citus.h.
 *
 * They are tables in pg_catalog that anyone may read, and are read by SQL. Where Citus is not there that is one look
 * for a name, and no more.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodes.h"
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

/* A table whose shards get whatever rows come: its column says nothing of where they are. */
#define CITUS_APPENDED                                                                             \
	"SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = $1 AND partmethod = 'a'"

/* A table of whose shards several nodes have a copy each. */
#define CITUS_REPEATED                                                                             \
	"SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = $1 AND partmethod = 'h' "  \
	"AND repmodel = 'c'"

/* Who has made a table one of Citus. */
#define CITUS_MADE_BY "SELECT xmin FROM pg_catalog.pg_dist_partition WHERE logicalrelid::oid = $1"

/* A shard that is to be written and read on this node. */
#define CITUS_PLACEMENT                                                                             \
	"SELECT FROM pg_catalog.pg_dist_placement JOIN pg_catalog.pg_dist_local_group USING (groupid) " \
	"WHERE shardid = $1"

/* How the rows of a table are spread. */
#define CITUS_SPREAD                                                                               \
	"SELECT colocationid, partkey, repmodel = 't' FROM pg_catalog.pg_dist_partition "              \
	"WHERE logicalrelid::oid = $1"

/*
 * The shard of a table that stands where another shard does, whatever is moved; of a reference table its only one. The
 * name of a shard begins as that of its table does, or is cut off, and ends with its number.
 */
#define CITUS_SIBLING                                                                              \
	"SELECT part.oid FROM pg_catalog.pg_dist_shard AS own "                                        \
	"JOIN pg_catalog.pg_dist_partition AS own_table ON own_table.logicalrelid = own.logicalrelid " \
	"JOIN pg_catalog.pg_dist_partition AS other_table ON other_table.logicalrelid::oid = $2 "      \
	"AND (other_table.repmodel = 't' OR other_table.colocationid = own_table.colocationid) "       \
	"JOIN pg_catalog.pg_dist_shard AS other ON other.logicalrelid = other_table.logicalrelid "     \
	"AND (other_table.repmodel = 't' OR other.shardminvalue IS NOT DISTINCT FROM "                 \
	"own.shardminvalue) "                                                                          \
	"JOIN pg_catalog.pg_class AS whole ON whole.oid = $2 "                                         \
	"JOIN pg_catalog.pg_class AS part ON part.relnamespace = whole.relnamespace "                  \
	"AND left(part.relname, 40) = left(whole.relname || '_' || other.shardid, 40) "                \
	"AND right(part.relname, length(other.shardid::text) + 1) = '_' || other.shardid "             \
	"AND part.relkind = whole.relkind WHERE own.shardid = $1"

/* The table that a shard belongs to. The name of a shard begins as that of its table does, or is cut off. */
#define CITUS_SHARD_OF                                                                             \
	"SELECT logicalrelid::text FROM pg_catalog.pg_dist_shard "                                     \
	"JOIN pg_catalog.pg_class AS whole ON whole.oid = logicalrelid "                               \
	"JOIN pg_catalog.pg_class AS part ON part.relnamespace = whole.relnamespace "                  \
	"AND left(part.relname, 40) = left(whole.relname || '_' || shardid, 40) "                      \
	"WHERE part.oid = $1 AND shardid = $2"

/* This server is one that the coordinator has made a worker. */
#define CITUS_WORKER "SELECT FROM pg_catalog.pg_dist_local_group WHERE groupid > 0"

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

/* Tells whether rows of a table, which Citus manages, are in whatever shard they were appended to. */
bool
citus_is_appended(Oid relid)
{
	return citus_finds(CITUS_APPENDED, OIDOID, ObjectIdGetDatum(relid));
}

/* Tells whether a table, which Citus manages, has shards of which several nodes have a copy each. */
bool
citus_is_repeated(Oid relid)
{
	return citus_finds(CITUS_REPEATED, OIDOID, ObjectIdGetDatum(relid));
}

/* Tells whether this transaction has a table managed by Citus, so that others do not know it as that yet. */
bool
citus_is_new(Oid relid)
{
	char *made_by;

	if (!citus_is_there())
		return false;
	made_by = own_spi_look_up(CITUS_MADE_BY, OIDOID, ObjectIdGetDatum(relid));
	return made_by != NULL &&
		   TransactionIdIsCurrentTransactionId((TransactionId) strtoul(made_by, NULL, 10));
}

/* Tells whether this server is a worker, which learns of its tables before it learns what they are to Citus. */
bool
citus_is_worker(void)
{
	OwnSpi spi;
	bool found;

	if (!citus_is_there())
		return false;
	own_spi_begin(&spi);
	found = own_spi_execute(CITUS_WORKER, 0, NULL, NULL, NULL) > 0;
	own_spi_end(&spi);
	return found;
}

/* Finds out how the rows of a table are spread; false: Citus knows nothing of it. */
bool
citus_spread(Oid relid, CitusSpread *spread)
{
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	bool found;
	OwnSpi spi;

	if (!citus_is_there())
		return false;
	own_spi_begin(&spi);
	found = own_spi_execute(CITUS_SPREAD, lengthof(types), types, values, NULL) > 0;
	if (found)
	{
		char *column = own_spi_text(0, 2);

		spread->group = DatumGetInt32(own_spi_column(0, 1, NULL));
		spread->attribute =
			column == NULL ? InvalidAttrNumber : castNode(Var, stringToNode(column))->varattno;
		spread->is_copied = DatumGetBool(own_spi_column(0, 3, NULL));
	}
	own_spi_end(&spi);
	return found;
}

/*
 * Returns the shard of a table that stands beside a shard of another, or of the same; of a reference table its copy on
 * this node. InvalidOid: there is none.
 */
Oid
citus_sibling(Oid relid, Oid whole)
{
	Oid types[] = {INT8OID, OIDOID};
	Datum values[lengthof(types)];
	Oid sibling = InvalidOid;
	int64 shard;
	OwnSpi spi;

	if (!citus_is_there() || !shard_name_number(get_rel_name(relid), &shard))
		return InvalidOid;
	values[0] = Int64GetDatum(shard);
	values[1] = ObjectIdGetDatum(whole);
	own_spi_begin(&spi);
	if (own_spi_execute(CITUS_SIBLING, lengthof(types), types, values, NULL) > 0)
		sibling = DatumGetObjectId(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	return sibling;
}

/* Returns the column by which a table is distributed; InvalidAttrNumber: none, since it has one shard. */
AttrNumber
citus_distribution_column(Oid relid)
{
	CitusSpread spread;

	return citus_spread(relid, &spread) ? spread.attribute : InvalidAttrNumber;
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
