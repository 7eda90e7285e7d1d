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

#include "ledger/allotment_return.h"
#include "lending/lending.h"
#include "nodes/node_return.h"
#include "own.h"
#include "rules/cap_row.h"
#include "rules/rulebook.h"
#include "settings.h"

/* Which part of sp71_steering.node_timeout the counter is waited for: the coordinator waits for the answer. */
#define RETURN_WAIT_PART 4

PG_FUNCTION_INFO_V1(steering_return_allotment);

/* Takes back what is not used of a cap, and returns what is; 55P03: that takes too long; 42704: there is no such cap. */
static Amount
return_take_back(int32 cap_id)
{
	int nest_level = NewGUCNestLevel();
	Amount used = 0;

	lending_limit_waiting(RETURN_WAIT_PART);
	node_return_announce(cap_id);
	rulebook_enter_booking();
	if (!allotment_take_back(cap_id, &used))
		cap_not_found(cap_id);
	AtEOXact_GUC(false, nest_level);
	return used;
}

/* return_allotment(): what this node uses of a cap, of which it may not use more from now on without asking */
Datum
steering_return_allotment(PG_FUNCTION_ARGS)
{
	lending_make_durable();
	return amount_to_numeric(return_take_back(PG_GETARG_INT32(0)));
}
