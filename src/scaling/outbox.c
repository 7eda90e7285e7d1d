/*
 * outbox.c
 *	  The table steering.outbox: by which nodes learn what acts on the coordinator have changed.
 *
 * It is made when a database becomes a node and dropped when it is none any more, and no member of the extension: a
 * dump has it as any table, with its trigger, which is made after its rows; and it may be made a table whose rows
 * another extension carries to the nodes.
 *
 * Its numbers have no gaps: who writes a row holds an object lock to the end of the transaction. It is taken last of
 * all, when the transaction is about to commit, but for who adds nodes: he has excluded acts before, and nobody else
 * comes there.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "bookings/exclude.h"
#include "nodes/node_dblink.h"
#include "nodes/this_node.h"
#include "own.h"
#include "scaling/outbox.h"
#include "sources/citus.h"
#include "sources/source_table.h"

#define OUTBOX_NAME "outbox"

/* Which part of an object the object lock is on: not 0, which DDL may take. */
#define OUTBOX_LOCK_PART 1

/* Returns the table's number; InvalidOid: it is not there. */
static Oid
outbox_number(void)
{
	return get_relname_relid(OUTBOX_NAME, get_namespace_oid(STEERING_SCHEMA, false));
}

/* Tells whether the table is there. */
static bool
outbox_is_here(void)
{
	return OidIsValid(outbox_number());
}

/*
 * Makes the table, which only the owner of the extension may write and read, unless it has come here already, as one that
 * all nodes have. A node has to be able to ask others.
 */
void
outbox_create(void)
{
	static const char *const statements[] = {
		"CREATE TABLE steering.outbox (number bigint CONSTRAINT outbox_pkey PRIMARY KEY,"
		" body jsonb NOT NULL)",
		"REVOKE ALL ON steering.outbox FROM PUBLIC",
		"COMMENT ON TABLE steering.outbox IS 'what acts on the coordinator have changed, for all nodes;"
		" no member of the extension'",
		"COMMENT ON COLUMN steering.outbox.number IS 'number of the change: 1, 2, 3 and so on'",
		"COMMENT ON COLUMN steering.outbox.body IS 'the rows as they are after it'",
		"CREATE TRIGGER apply_change AFTER INSERT ON steering.outbox"
		" FOR EACH ROW EXECUTE FUNCTION steering.apply_change()",
	};

	node_dblink_find();
	if (!outbox_is_here())
		own_spi_run(statements, lengthof(statements));
}

/*
 * Refuses, for a node that is to join, an outbox that this transaction has Citus copy to it: the node would wait for that to
 * be committed, and this transaction for the node.
 */
void
outbox_check_committed(void)
{
	if (citus_is_new(outbox_number()))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table steering.outbox is given to Citus in this transaction"),
						errhint("Commit that before a node is added.")));
}

/*
 * Drops the table. Where Citus copies it to nodes it is dropped on the coordinator, for all of them: a node that leaves keeps
 * it, and rows that come are nothing to it.
 */
void
outbox_drop(void)
{
	static const char *const statements[] = {"DROP TABLE IF EXISTS steering.outbox"};

	if (citus_is_worker() && citus_kind(outbox_number()) != CITUS_NONE)
		return;
	own_spi_run(statements, lengthof(statements));
}

/* Tells whether a table has the name of the outbox, or that which Citus gives the copy of it on a node: with a number. */
static bool
outbox_is_name(const char *name)
{
	size_t length = strlen(OUTBOX_NAME);

	if (strncmp(name, OUTBOX_NAME, length) != 0)
		return false;
	name += length;
	return *name == '\0' || (*name == '_' && strspn(name + 1, "0123456789") == strlen(name + 1));
}

/*
 * Refuses a trigger that is on another table: its function does what rows say with our rights. In the schema nobody but
 * the owner of the extension makes tables.
 */
void
outbox_check(Relation rel, const Trigger *trigger)
{
	if (!outbox_is_name(RelationGetRelationName(rel)) ||
		RelationGetNamespace(rel) != get_namespace_oid(STEERING_SCHEMA, false) ||
		rel->rd_rel->relowner != own_owner())
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("trigger \"%s\" of table \"%s\" is for table steering.outbox only",
							   trigger->tgname, RelationGetRelationName(rel))));
}

/* Waits for others that write the outbox, and keeps them out to the end of the transaction. */
void
outbox_lock(void)
{
	LockDatabaseObject(RelationRelationId, own_relation(OWN_THIS_NODE), OUTBOX_LOCK_PART,
					   ExclusiveLock);
}

/*
 * Returns the number of the last row, also of one that was deleted since; 0: there was none. The coordinator keeps it
 * where nodes keep what they have applied.
 */
int64
outbox_last(void)
{
	int64 number;
	OwnSpi spi;

	if (!outbox_is_here())
		return 0;
	own_spi_begin(&spi);
	(void) own_spi_execute("SELECT coalesce(greatest((SELECT max(number) FROM steering." OUTBOX_NAME
						   "),"
						   " (SELECT applied FROM steering.this_node WHERE node_id = 0)), 0)",
						   0, NULL, NULL, NULL);
	number = DatumGetInt64(own_spi_column(0, 1, NULL));
	own_spi_end(&spi);
	return number;
}

/*
 * Deletes the changes before one, which this node has applied, and on the coordinator all nodes. Returns how many. What all
 * nodes have as one table, the coordinator alone deletes from.
 */
int64
outbox_prune(int64 before, int32 node)
{
	static const char query[] = "DELETE FROM steering." OUTBOX_NAME " WHERE number < $1";
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(before)};
	int64 gone;
	OwnSpi spi;

	if (!outbox_is_here() ||
		(node != NODE_COORDINATOR && citus_kind(outbox_number()) != CITUS_NONE))
		return 0;
	own_spi_begin(&spi);
	gone = (int64) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
	return gone;
}

/* Waits for bookings, and for acts that change what nodes are told, and keeps new ones out to the end of the transaction. */
void
outbox_exclude_acts(void)
{
	static const char *const statements[] = {
		"LOCK TABLE steering.participant, steering.service, steering.alias, steering.cap,"
		" steering.closing IN SHARE ROW EXCLUSIVE MODE",
	};

	source_table_lock_all();
	exclude_bookings();
	own_spi_run(statements, lengthof(statements));
	outbox_lock();
}
