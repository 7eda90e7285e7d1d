/*
 * lending.c
 *	  The coordinator's ledger: how much of each cap is lent to each node.
 *
 * The only writer of steering.lending and steering.lent. Who lends locks the row of the cap in steering.lending to the
 * end of his transaction, and waits for it no longer than a part of what the asking node waits. What a node gives
 * back it has committed before it says so; what it is lent is committed here before it hears of it: so the ledger
 * never has less than what a node believes, whatever ends in between.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "lending/lending.h"
#include "nodes/node_row.h"
#include "own.h"
#include "rules/cap_row.h"
#include "settings.h"

/* Which part of sp71_steering.node_timeout the ledger is waited for. */
#define LENDING_WAIT_PART 2

/* How often sp71_steering.node_timeout nobody is lent more than is wanted, after a node was busy. */
#define LENDING_DOUBT 5

/* Has the end of the transaction wait for the disk: what another node relies on must survive a crash of this one. */
void
lending_make_durable(void)
{
	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF)
		(void) set_config_option("synchronous_commit", "on", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
}

/* Has locks be waited for a part of what nodes are waited for, until the present settings are undone. */
void
lending_limit_waiting(int part)
{
	(void) set_config_option("lock_timeout", psprintf("%d", Max(steering_node_timeout / part, 1)),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Reads limit and ladder of a cap; 42704: there is no such cap. Within own_spi; the caller's memory is context. */
static void
lending_read_cap(Lending *lending, MemoryContext context)
{
	static const char query[] =
		"SELECT amount, ladder, revision FROM steering.cap WHERE cap_id = $1";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(lending->cap_id)};
	MemoryContext spi;

	if (own_spi_execute(query, lengthof(types), types, values, NULL) == 0)
		cap_not_found(lending->cap_id);
	lending->limit = DatumGetAmount(own_spi_column(0, 1, NULL));
	lending->revision = DatumGetInt32(own_spi_column(0, 3, NULL));
	spi = MemoryContextSwitchTo(context);
	lending->ladder = (Ladder *) PG_DETOAST_DATUM_COPY(own_spi_column(0, 2, NULL));
	MemoryContextSwitchTo(spi);
}

/* Tells whether it can be noted that nodes were busy: objects of 0.7 cannot say so. */
static bool
lending_can_doubt(void)
{
	return own_has_relation(OWN_HELD_SCOPE);
}

/* Locks the row of a cap, which is made where it is missing, for own_spi_column() to read. Within own_spi. */
static void
lending_lock_row(int32 cap_id)
{
	static const char make[] =
		"INSERT INTO steering.lending (cap_id) SELECT cap_id FROM steering.cap WHERE cap_id = $1"
		" ON CONFLICT DO NOTHING";
	static const char lock[] =
		"SELECT revision, changed, doubted FROM steering.lending WHERE cap_id = $1 FOR UPDATE";
	static const char lock_of_07[] =
		"SELECT revision, changed, NULL::pg_catalog.timestamptz FROM steering.lending"
		" WHERE cap_id = $1 FOR UPDATE";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};

	(void) own_spi_execute(make, lengthof(types), types, values, NULL);
	if (own_spi_execute(lending_can_doubt() ? lock : lock_of_07, lengthof(types), types, values,
						NULL) == 0)
		cap_not_found(cap_id);
}

/* Reads the row that is locked, and returns by which revision of the cap was lent; 0: by none. Within own_spi. */
static int32
lending_read_row(Lending *lending)
{
	bool none;
	TimestampTz doubted = DatumGetTimestampTz(own_spi_column(0, 3, &none));
	TimestampTz now = GetCurrentTimestamp();
	int doubt = LENDING_DOUBT * steering_node_timeout;
	int32 lent_by;

	none = none || doubted > now;
	lending->doubted = !none && !TimestampDifferenceExceeds(doubted, now, doubt);
	lending->failed = !none && !TimestampDifferenceExceeds(doubted, now, 2 * doubt);
	lending->changed = DatumGetInt64(own_spi_column(0, 2, NULL));
	lent_by = DatumGetInt32(own_spi_column(0, 1, &none));
	return none ? 0 : lent_by;
}

/* Reads the nodes and what they were lent, into the memory of context. Within own_spi. */
static void
lending_read_nodes(Lending *lending, MemoryContext context)
{
	static const char query[] =
		"SELECT node.node_id, node.name, node.connection, lent.ceiling"
		" FROM steering.node LEFT JOIN steering.lent ON lent.node_id = node.node_id"
		" AND lent.cap_id = $1 ORDER BY node.node_id";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(lending->cap_id)};
	uint64 count = own_spi_execute(query, lengthof(types), types, values, NULL);
	MemoryContext spi = MemoryContextSwitchTo(context);

	lending->count = (int) count;
	lending->nodes = palloc0(Max(count, 1) * sizeof(LendNode));
	for (uint64 i = 0; i < count; i++)
	{
		NodeRow *row = node_row_read(i);
		bool unknown;

		lending->rows = lappend(lending->rows, row);
		lending->nodes[i].node_id = row->node_id;
		lending->nodes[i].ceiling = DatumGetAmount(own_spi_column(i, 4, &unknown));
		lending->nodes[i].known = !unknown;
	}
	MemoryContextSwitchTo(spi);
}

/*
 * Locks what the ledger has of a cap, and reads it. 42704: there is no such cap; 55P03: others lend of it, and it takes
 * them too long.
 */
Lending *
lending_lock(int32 cap_id)
{
	MemoryContext caller = CurrentMemoryContext;
	Lending *lending = palloc0(sizeof(Lending));
	int32 lent_by;
	OwnSpi spi;

	lending->cap_id = cap_id;
	own_spi_begin(&spi);
	lending_limit_waiting(LENDING_WAIT_PART);
	lending_lock_row(cap_id);
	lent_by = lending_read_row(lending);

	/* Read under the lock: a revision that comes meanwhile is another than what is written down. */
	lending_read_cap(lending, caller);
	lending->as_lent = lent_by == lending->revision;
	lending_read_nodes(lending, caller);
	own_spi_end(&spi);
	return lending;
}

/* Returns which of the nodes has this number; 42704: none. */
int
lending_find(const Lending *lending, int32 node_id)
{
	for (int i = 0; i < lending->count; i++)
		if (lending->nodes[i].node_id == node_id)
			return i;
	node_row_missing(node_id);
}

/* Writes what a node is lent of the cap: a ceiling, or any usage. */
void
lending_write(const Lending *lending, int node, bool known, Amount ceiling)
{
	static const char query[] =
		"INSERT INTO steering.lent AS lent (cap_id, node_id, ceiling) VALUES ($1, $2, $3)"
		" ON CONFLICT (cap_id, node_id) DO UPDATE SET ceiling = excluded.ceiling"
		" WHERE lent.ceiling IS DISTINCT FROM excluded.ceiling";
	Oid types[] = {INT4OID, INT4OID, own_amount_type()};
	Datum values[] = {Int32GetDatum(lending->cap_id), Int32GetDatum(lending->nodes[node].node_id),
					  AmountGetDatum(ceiling)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, known ? "   " : "  n");
	own_spi_end(&spi);
}

/* Notes that everything is lent by the cap's present limit and ladder: all nodes have answered under the lock. */
void
lending_settle(Lending *lending)
{
	static const char query[] = "UPDATE steering.lending SET revision = $2 WHERE cap_id = $1";
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(lending->cap_id), Int32GetDatum(lending->revision)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/*
 * Notes that a node was busy with what the asker was: for a while nobody is lent more than is wanted. The first time it
 * is noted as so long ago that this is over: all have given back, and that may do.
 */
void
lending_doubt(Lending *lending)
{
	static const char query[] = "UPDATE steering.lending SET doubted = $2 WHERE cap_id = $1";
	int ago = lending->failed ? 0 : LENDING_DOUBT * steering_node_timeout + 1;
	TimestampTz doubted = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), -ago);
	Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(lending->cap_id), TimestampTzGetDatum(doubted)};
	OwnSpi spi;

	if (!lending_can_doubt())
		return;
	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Returns how much all nodes but one may use at most, as far as that is known. */
int128
lending_known(const Lending *lending, int32 node_id)
{
	int128 used = 0;

	for (int i = 0; i < lending->count; i++)
		if (lending->nodes[i].node_id != node_id && lending->nodes[i].known)
			used += lending->nodes[i].ceiling;
	return used;
}

/*
 * Notes of caps (in the order of their ids) that usage of any node may be anything: usage moves between nodes in this
 * transaction. Until its end nobody is lent room under them; after it all are asked first.
 */
void
lending_forget(List *cap_ids)
{
	ListCell *cell;

	foreach(cell, cap_ids)
	{
		Lending *lending = lending_lock(lfirst_int(cell));

		for (int i = 0; i < lending->count; i++)
			lending_write(lending, i, false, 0);
	}
}
