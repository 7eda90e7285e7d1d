/*
 * node_ledger.c
 *	  What changes of caps and registers mean for what is lent of caps that span nodes.
 *
 * On the coordinator each cap has its row in steering.lending and one in steering.lent for each node. On any node what
 * the node may use of a cap is forgotten where limit or ladder change, or where entries move, since how far it may go
 * without a look at others was found by what was: it asks anew. Room may be missing then, for a moment, and is never
 * double: what the coordinator believes stays, or becomes unknown.
 *
 * Who lends is lending/lending.c; what this node may use under all caps is given up by ledger/allotment_return.c.
 *
 * Callers hold the counter of the cap as a whole, or have excluded bookings. Not scaled out, nothing is done.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "nodes/node_ledger.h"
#include "nodes/this_node.h"
#include "own.h"

/* Runs a statement about a cap. */
static void
node_ledger_execute(const char *query, int32 cap_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Begins to lend of a new cap. */
void
node_ledger_add(int32 cap_id)
{
	if (this_node_id() != NODE_COORDINATOR)
		return;
	node_ledger_execute("INSERT INTO steering.lending (cap_id) VALUES ($1)", cap_id);
	node_ledger_execute("INSERT INTO steering.lent (cap_id, node_id)"
						" SELECT $1, node_id FROM steering.node",
						cap_id);
}

/*
 * Forgets how far this node may go under a cap whose limit or ladder have changed. Judging alone it goes on: what others
 * use is no other.
 */
void
node_ledger_revise(int32 cap_id)
{
	if (this_node_id() != NODE_NONE)
		node_ledger_execute(
			"DELETE FROM steering.allotment WHERE cap_id = $1 AND ceiling IS NOT NULL", cap_id);
}

/* Ends lending of a cap that is dropped. Who lends of it now is waited for. */
void
node_ledger_drop(int32 cap_id)
{
	if (this_node_id() == NODE_NONE)
		return;
	node_ledger_execute("DELETE FROM steering.lending WHERE cap_id = $1", cap_id);
	node_ledger_execute("DELETE FROM steering.lent WHERE cap_id = $1", cap_id);
	node_ledger_execute("DELETE FROM steering.allotment WHERE cap_id = $1", cap_id);
}

/*
 * Takes nothing for known any more: what nodes use of caps is other than was lent. Who lends is waited for. Bookings are
 * excluded.
 */
void
node_ledger_forget(void)
{
	static const char *const statements[] = {
		"SELECT FROM steering.lending ORDER BY cap_id FOR UPDATE",
		"UPDATE steering.lending SET revision = NULL WHERE revision IS NOT NULL",
		"UPDATE steering.lent SET ceiling = NULL WHERE ceiling IS NOT NULL",
	};

	own_spi_run(statements, lengthof(statements));
}

/*
 * Notes that entries have moved by a change with a number: what a node says that it uses does not count before it has
 * applied that. After node_ledger_forget().
 */
void
node_ledger_note_change(int64 number)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(number)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute("UPDATE steering.lending SET changed = $1", lengthof(types), types,
						   values, NULL);
	own_spi_end(&spi);
}

/* Notes on the coordinator that what nodes use will be other than was lent when this transaction commits. */
void
node_ledger_note_doubt(void)
{
	static const char *const noted[] = {
		"INSERT INTO steering.untold_change (noun, row_id) VALUES ('" NODE_LEDGER_DOUBT "', 0)",
	};

	own_spi_run(noted, lengthof(noted));
}
