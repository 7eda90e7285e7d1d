/*
 * override.c
 *	  What overrides let bookings draw above the threshold at which a cap blocks.
 *
 * A raise that ends above the threshold draws what of it lies above: the distance from the threshold, or from
 * usage before where that was above it already. So usage is never above the threshold by more than what was drawn,
 * and that is never more than what was granted. What was drawn stays drawn: lowering usage gives nothing back, and
 * raising it again draws again. So when all has lapsed only lowering passes. Within one statement, or one
 * transaction that is judged when it commits, the net effect counts: what it has drawn already is taken off.
 *
 * Of several overrides the one that lapses first is drawn first. A transaction that has drawn of one may go on
 * drawing of it; to the others it is one use less.
 *
 * Locks. Whoever draws holds the counter of the cap as a whole, or excludes bookings, and so does whoever grants or
 * revokes an override of it: so what is read here with the latest snapshot stays true until the transaction ends. A
 * rollback, also of a subtransaction, takes back the uses together with the bookings and the lock. Over several nodes
 * the overrides are the coordinator's, and the uses stand where bookings drew (bookings/override_told.c).
 *
 * Nobody comes here but who would be refused otherwise. SQL runs as the owner of the extension.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "bookings/event.h"
#include "bookings/override.h"
#include "bookings/override_told.h"
#include "nodes/this_node.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "types/name_text.h"
#include "types/shown.h"

/*
 * The overrides that are open at a moment, $2, of those that GRANTED gives for $1. The version of a use that is this
 * transaction's says so by its xmin, and by its number: one that was restored from a dump may have the number of another
 * server.
 */
#define OVERRIDE_OPEN(GRANTED)                                                                     \
	"SELECT open.override_id, open.amount, open.uses, open.drawn, coalesce(used.amount, 0),"       \
	" greatest(used.number, open.number), (SELECT mine.xmin FROM steering.override_use AS mine"    \
	"  WHERE mine.override_id = open.override_id AND mine.use_number = used.number"                \
	"  AND mine.transaction = pg_catalog.pg_current_xact_id_if_assigned() LIMIT 1)"                \
	" FROM " GRANTED " AS open (override_id, amount, uses, until, drawn, number)"                  \
	" CROSS JOIN LATERAL ("                                                                        \
	"  SELECT steering.sum(part.amount) AS amount, max(part.use_number) AS number"                 \
	"  FROM steering.override_use AS part WHERE part.override_id = open.override_id) AS used"      \
	" WHERE open.until > $2 ORDER BY open.until, open.override_id"

/* Those of a cap that were granted here, of which nobody else draws. */
#define OVERRIDE_GRANTED                                                                           \
	"(SELECT override_id, amount, uses, until, 0::steering.amount, 0 FROM steering.override_grant" \
	" WHERE cap_id = $1 AND revoked_at IS NULL)"

/* Those of which others may have drawn, as an array of objects. */
#define OVERRIDE_TOLD                                                                              \
	"(SELECT override_id, amount, uses, until, drawn, number"                                      \
	" FROM jsonb_to_recordset($1) AS told (override_id integer, amount steering.amount,"           \
	"  uses integer, until timestamptz, drawn steering.amount, number integer))"

#define OVERRIDE_INSERT                                                                            \
	"INSERT INTO steering.override_use (override_id, use_number, amount, used, relation,"          \
	" statement_at) VALUES ($1, $2, $3, $4, $5, $6)"

/* Columns of the first query. */
enum
{
	OVERRIDE_ID = 1,
	OVERRIDE_AMOUNT,
	OVERRIDE_USES,
	OVERRIDE_DRAWN_ELSEWHERE,
	OVERRIDE_DRAWN,
	OVERRIDE_NUMBER,
	OVERRIDE_MINE
};

/* An override that has something left for this transaction. */
typedef struct Override
{
	int32 override_id;
	int32 use_number; /* that this transaction has, or would have */
	Amount left;
	Amount draw; /* what is to be drawn of it */
} Override;

/* Tells whether there can be any override at all: without one a refusal costs no query. Nodes have none of their own. */
static bool
override_any(void)
{
	Relation rel;
	bool any;

	if (this_node_id() > NODE_COORDINATOR)
		return true;
	if (!own_has_relation(OWN_OVERRIDE_GRANT))
		return false;
	rel = table_open(own_relation(OWN_OVERRIDE_GRANT), AccessShareLock);
	any = RelationGetNumberOfBlocks(rel) > 0;
	table_close(rel, NoLock);
	return any;
}

/* Reads an override from a row of the query; false: it has nothing left for this transaction. */
static bool
override_read(uint64 row, Override *override)
{
	Amount amount = DatumGetAmount(own_spi_column(row, OVERRIDE_AMOUNT, NULL));
	int32 uses = DatumGetInt32(own_spi_column(row, OVERRIDE_USES, NULL));
	int32 number = DatumGetInt32(own_spi_column(row, OVERRIDE_NUMBER, NULL));
	bool is_new;
	Datum mine = own_spi_column(row, OVERRIDE_MINE, &is_new);

	/* A number that another transaction has given is not ours, whatever the row says. */
	if (!is_new && !TransactionIdIsCurrentTransactionId(DatumGetTransactionId(mine)))
		is_new = true;
	override->override_id = DatumGetInt32(own_spi_column(row, OVERRIDE_ID, NULL));
	override->use_number = number + is_new;
	override->left = amount - DatumGetAmount(own_spi_column(row, OVERRIDE_DRAWN_ELSEWHERE, NULL)) -
					 DatumGetAmount(own_spi_column(row, OVERRIDE_DRAWN, NULL));
	override->draw = 0;
	return override->left > 0 && override->use_number <= uses;
}

/* Finds the overrides of a cap that are open now, for override_read(), and returns how many. Within own_spi. */
static uint64
override_find(int32 cap_id)
{
	static const char granted[] = OVERRIDE_OPEN(OVERRIDE_GRANTED);
	static const char told[] = OVERRIDE_OPEN(OVERRIDE_TOLD);
	Oid types[] = {INT4OID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(cap_id),
					  TimestampTzGetDatum(GetCurrentStatementStartTimestamp())};
	bool here = !override_told(cap_id, &values[0]);

	if (!here)
		types[0] = JSONBOID;
	return own_spi_execute(here ? granted : told, lengthof(types), types, values, NULL);
}

/* Lists the overrides of a cap that this transaction can draw of, in order and in the memory of context. */
static List *
override_list(int32 cap_id, MemoryContext context)
{
	MemoryContext spi;
	List *overrides = NIL;
	uint64 rows = override_find(cap_id);

	spi = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < rows; i++)
	{
		Override override;

		if (override_read(i, &override))
			overrides =
				lappend(overrides, memcpy(palloc(sizeof(Override)), &override, sizeof(Override)));
	}
	MemoryContextSwitchTo(spi);
	return overrides;
}

/* Returns what overrides let this transaction draw. */
static int128
override_sum(const List *overrides)
{
	int128 sum = 0;
	ListCell *cell;

	foreach(cell, overrides)
		sum += ((const Override *) lfirst(cell))->left;
	return sum;
}

/* Returns what the overrides of a cap let this transaction draw now. Exact for who holds its counter as a whole. */
int128
override_room(int32 cap_id)
{
	MemoryContext caller = CurrentMemoryContext;
	int128 room;
	OwnSpi spi;

	if (!override_any())
		return 0;
	own_spi_begin(&spi);
	room = override_sum(override_list(cap_id, caller));
	own_spi_end(&spi);
	return room;
}

/* Writes down what is drawn of an override. Within own_spi. */
static void
override_write(const Override *override, const Refusal *refusal)
{
	char *table = name_text_of_table(refusal->relid);
	Oid types[] = {INT4OID, INT4OID, own_amount_type(), own_amount_type(), TEXTOID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(override->override_id),
					  Int32GetDatum(override->use_number),
					  AmountGetDatum(override->draw),
					  AmountGetDatum(refusal->after),
					  CStringGetTextDatum(table == NULL ? "" : table),
					  TimestampTzGetDatum(GetCurrentStatementStartTimestamp())};

	own_spi_execute(OVERRIDE_INSERT, lengthof(types), types, values, NULL);
	event_record("drawn", refusal->figures, &refusal->blocks_at, &refusal->after,
				 psprintf("override %d: %s%s%s", override->override_id,
						  amount_shown(override->draw), table == NULL ? "" : " by ",
						  table == NULL ? "" : table));
}

/* Draws from overrides, in their order, what is needed. Within own_spi. */
static void
override_write_all(List *overrides, const Refusal *refusal, int128 needed)
{
	ListCell *cell;

	foreach(cell, overrides)
	{
		Override *override = lfirst(cell);

		override->draw = Min(needed, override->left);
		if (override->draw > 0)
			override_write(override, refusal);
		needed -= override->draw;
	}
	Assert(needed == 0);
}

/* Returns what a change draws that would be refused, without what it has drawn already. */
static int128
override_needed(const Refusal *refusal)
{
	return (int128) refusal->after - Max(refusal->blocks_at, refusal->before) - refusal->drawn;
}

/*
 * Tells whether the overrides of a cap let a change pass that would be refused, drawing nothing. What they have
 * is noted for the message.
 */
bool
override_suffices(Refusal *refusal)
{
	int128 needed = override_needed(refusal);

	if (needed > 0)
		refusal->override_room = override_room(refusal->figures->cap_id);
	return needed <= refusal->override_room;
}

/*
 * Draws from the overrides of a cap what a change needs that would be refused, and notes it there. False, and nothing is
 * drawn: they do not have that much. What they have is noted for the message.
 */
bool
override_draw(Refusal *refusal)
{
	int128 needed = override_needed(refusal);
	MemoryContext caller = CurrentMemoryContext;
	List *overrides;
	OwnSpi spi;

	if (needed <= 0)
		return true;
	if (!override_any())
		return false;
	own_spi_begin(&spi);
	overrides = override_list(refusal->figures->cap_id, caller);
	refusal->override_room = override_sum(overrides);
	if (refusal->override_room >= needed)
		override_write_all(overrides, refusal, needed);
	own_spi_end(&spi);
	if (refusal->override_room < needed)
		return false;
	refusal->drawn += needed;
	return true;
}
