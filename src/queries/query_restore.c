/*
 * query_restore.c
 *	  Queries whose tables are just being restored from a dump.
 *
 * A dump has the text of a query and not its tree, and pg_restore makes triggers and keys in any order, also side by
 * side. Until all are there a query is left alone. Each command that makes one of them asks whether it was the last,
 * one command after the other: whoever comes last sees all that the others have committed. None waits long, neither
 * for its turn nor for a table, because the other may wait for what it holds: then the meaning stays unfixed, which is
 * no harm but to speed, and health() says what to do.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "mapping/attempt.h"
#include "own.h"
#include "queries/booking_table.h"
#include "queries/query_check.h"
#include "queries/query_join.h"
#include "queries/query_restore.h"
#include "queries/query_store.h"
#include "queries/query_trigger.h"
#include "sources/source_tree.h"

#define QUERY_RESTORE_TRIES 100

#define QUERY_RESTORE_TREE "SELECT source_id FROM steering.query_tree WHERE source_id = $1"

#define QUERY_RESTORE_ANY                                                                          \
	"SELECT FROM steering.query WHERE NOT EXISTS (SELECT FROM steering.query_tree "                \
	"WHERE query_tree.source_id = query.source_id) LIMIT 1"

/* A query of which all is there, as it seems. */
typedef struct QueryRestore
{
	int32 source_id;
	List *trees; /* of each table, itself and all that belong to it */
} QueryRestore;

/* Tells whether a query has no tree, not even one that another server has resolved. */
bool
query_restore_goes_on(int32 source_id)
{
	return own_spi_look_up(QUERY_RESTORE_TREE, INT4OID, Int32GetDatum(source_id)) == NULL;
}

/*
 * Tells whether any query has no tree. Then a table that no query seems to read may be one of which the dump's rows are
 * still to come.
 */
bool
query_restore_any(void)
{
	bool any;
	OwnSpi spi;

	own_spi_begin(&spi);
	any = own_spi_execute(QUERY_RESTORE_ANY, 0, NULL, NULL, NULL) > 0;
	own_spi_end(&spi);
	return any;
}

/* Takes a lock if that is to be had in a moment: who has just committed lets go of his locks one after the other. */
static bool
query_restore_lock(const LOCKTAG *tag, LOCKMODE lockmode)
{
	for (int i = 0; i < QUERY_RESTORE_TRIES; i++)
	{
		if (LockAcquire(tag, lockmode, false, true) != LOCKACQUIRE_NOT_AVAIL)
		{
			AcceptInvalidationMessages();
			return true;
		}
		CHECK_FOR_INTERRUPTS();
		pg_usleep(1000);
	}
	return false;
}

/* Waits for the turn of this command. */
static bool
query_restore_take_turn(int32 source_id)
{
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, own_relation(OWN_QUERY), (Oid) source_id, 0);
	return query_restore_lock(&tag, ExclusiveLock);
}

/* Locks a table against change. */
static bool
query_restore_lock_table(Oid relid)
{
	LOCKTAG tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relid);
	return query_restore_lock(&tag, AccessShareLock);
}

/* Locks all that belongs to the tables of a query, and makes a list of it; false: somebody is changing it. */
static bool
query_restore_lock_all(List *tables, List **trees)
{
	ListCell *cell;

	foreach(cell, tables)
	{
		List *tree = source_tree_list(lfirst_oid(cell), NoLock);
		ListCell *part;

		foreach(part, tree)
			if (!query_restore_lock_table(lfirst_oid(part)))
				return false;
		*trees = lappend(*trees, tree);
	}
	return true;
}

/* Tells whether the booking table of a query has its key, without which its columns look as if others had made them. */
static bool
query_restore_has_key(const BookingQuery *query)
{
	Relation rel = relation_open(query->booking_table, AccessShareLock);
	bool has;

	(void) RelationGetIndexList(rel);
	has = OidIsValid(rel->rd_pkindex);
	relation_close(rel, NoLock);
	return has;
}

/* Checks what attach_query() has checked, and fixes the meaning of the query. */
static void
query_restore_fix(void *argument)
{
	QueryRestore *restore = argument;
	BookingQuery *query = query_store_load(restore->source_id);

	if (query == NULL || !query_restore_has_key(query))
		return;
	query_check_tables(query, restore->trees);
	query_join_check(query, false);
	query_store_tree(query);
	booking_table_depend(query);
}

/* Fixes the meaning of a query that has none, if all its tables have their triggers and keys. */
void
query_restore_follow(int32 source_id)
{
	QueryRestore restore = {source_id};
	List *tables;

	if (!query_restore_take_turn(source_id))
		return;
	tables = query_store_tables(source_id);
	if (tables == NIL || !query_restore_goes_on(source_id) || !query_trigger_are_made(tables))
		return;
	if (query_restore_lock_all(tables, &restore.trees))
		(void) attempt(query_restore_fix, &restore);
}
