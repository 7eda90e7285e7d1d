/*
 * return_allotment.c
 *	  return_allotment(): a node gives back what it may use of a cap and does not use.
 *
 * Called over a connection between nodes, as a transaction of its own: the coordinator reads the answer when it is
 * committed. It holds the counter of the cap as a whole, so no booking is under way here that counts on more. Who
 * holds it and is himself waiting for the coordinator gives way (node_return.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "ledger/counter.h"
#include "nodes/node_return.h"
#include "own.h"
#include "rules/rulebook.h"
#include "scaling/lending.h"
#include "settings.h"
#include "steering/cap.h"

/* Which part of sp71_steering.node_timeout the counter is waited for: the coordinator waits for the answer. */
#define RETURN_WAIT_PART 4

PG_FUNCTION_INFO_V1(steering_return_allotment);

/* Writes that this node may not use more than it does. */
static void
return_write(int32 cap_id, Amount used)
{
	static const char query[] =
		"INSERT INTO steering.allotment AS allotment (cap_id, ceiling) VALUES ($1, $2)"
		" ON CONFLICT (cap_id) DO UPDATE SET ceiling = excluded.ceiling, elsewhere = NULL"
		" WHERE allotment.ceiling IS DISTINCT FROM excluded.ceiling";
	Oid types[] = {INT4OID, own_amount_type()};
	Datum values[] = {Int32GetDatum(cap_id), AmountGetDatum(used)};
	OwnSpi spi;

	own_spi_begin(&spi);
	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	own_spi_end(&spi);
}

/* Locks the counter of a cap as a whole; 55P03: that takes too long; 42704: there is none. */
static void
return_lock(int32 cap_id)
{
	int nest_level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout",
							 psprintf("%d", Max(steering_node_timeout / RETURN_WAIT_PART, 1)),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	node_return_announce(cap_id);
	rulebook_enter_booking();
	if (!cap_lock(cap_id))
		cap_not_found(cap_id);
	AtEOXact_GUC(false, nest_level);
}

/* Returns what is used of a cap whose counter is locked. */
static Amount
return_used(int32 cap_id)
{
	Relation counters = counter_open();
	int32 revision;
	Amount used;

	if (!counter_read(counters, cap_id, &used, &revision))
		cap_not_found(cap_id);
	counter_close(counters);
	return used;
}

/* return_allotment(): what this node uses of a cap, of which it may not use more from now on without asking */
Datum
steering_return_allotment(PG_FUNCTION_ARGS)
{
	int32 cap_id = PG_GETARG_INT32(0);
	Amount used;

	lending_make_durable();
	return_lock(cap_id);
	used = return_used(cap_id);
	return_write(cap_id, used);
	return amount_to_numeric(used);
}
