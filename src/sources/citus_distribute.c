/*
 * citus_distribute.c
 *	  Having Citus distribute tables.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "mapping/table_owner.h"
#include "own.h"
#include "sources/citus_distribute.h"
#include "sources/distributed_table.h"

/*
 * Has Citus take over a table by a query. As the owner of the extension, and by one connection to each node, since it is
 * one that makes the triggers after: what one has made in a transaction another does not see.
 */
static void
citus_distribute_run(const char *query, int nargs, Oid *types, Datum *values, const char *nulls)
{
	OwnSpi spi;

	distributed_table_begin(&spi);
	distributed_table_set("citus.max_adaptive_executor_pool_size", "1");
	/* Tables that refer to it are distributed next, and need not be made known to Citus as local ones. */
	distributed_table_set("citus.enable_local_reference_table_foreign_keys", "off");
	/* It tells how to remove what is removed next. */
	distributed_table_set("client_min_messages", "warning");
	/* Not own_spi_execute(): that calls no function of others. This one has all arguments of the types that it takes. */
	if (SPI_execute_with_args(query, nargs, types, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "Citus has not distributed the table");
	own_spi_end(&spi);
}

/*
 * Has Citus distribute a table by hash, each shard on one node. colocate_with, and the number of shards, which may be null,
 * are passed on.
 */
void
citus_distribute_table(Oid relid, const char *column, Datum colocate_with, Datum shard_count,
					   bool shard_count_is_null)
{
	static const char query[] =
		"SELECT pg_catalog.create_distributed_table($1, $2, 'hash'::citus.distribution_type, $3, $4)";
	Oid types[] = {REGCLASSOID, TEXTOID, TEXTOID, INT4OID};
	Datum values[] = {ObjectIdGetDatum(relid), CStringGetTextDatum(column), colocate_with,
					  shard_count};

	citus_distribute_run(query, lengthof(types), types, values,
						 shard_count_is_null ? "   n" : "    ");
	distributed_table_check_copies(relid);
}

/* Has Citus make a table a reference table, of which each node has a copy. */
void
citus_distribute_copied(Oid relid)
{
	static const char query[] = "SELECT pg_catalog.create_reference_table($1)";
	Oid types[] = {REGCLASSOID};
	Datum values[] = {ObjectIdGetDatum(relid)};

	citus_distribute_run(query, lengthof(types), types, values, NULL);
}

/*
 * Removes the rows that Citus has left on this node when it distributed the table: they are copied, no query sees them,
 * and we would count them. As the owner of the table, whose triggers may run.
 */
void
citus_distribute_remove_copied(Oid relid)
{
	static const char query[] =
		"SELECT pg_catalog.truncate_local_data_after_distributing_table($1::pg_catalog.regclass)";
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relid)};
	Relation rel = table_open(relid, AccessShareLock);
	bool is_empty = RelationGetNumberOfBlocks(rel) == 0;
	int nest_level;
	int security_context;
	Oid user;

	table_close(rel, NoLock);
	if (is_empty)
		return;
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(table_owner(relid), security_context | SECURITY_RESTRICTED_OPERATION);
	nest_level = own_pin_settings();
	/* It tells what else it empties: copied rows of tables that refer to this one. */
	distributed_table_set("client_min_messages", "warning");
	SPI_connect();
	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL, false, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "the rows that Citus has copied cannot be removed");
	SPI_finish();
	own_unpin_settings(nest_level);
	SetUserIdAndSecContext(user, security_context);
}
