/*
 * override_told.c
 *	  The overrides of a cap over several nodes: the coordinator grants them, and any node draws.
 *
 * What was drawn stands on the node that drew, in the transaction of the booking. Only a node that judges alone draws,
 * since nobody else knows that a step refuses; and where one does, no other has an open transaction that drew: it would
 * hold its counter, and could not have said what it uses (lending/lend.c). So what all others have drawn, as they have
 * committed it, is all there is, as long as this node holds its counter. The coordinator gathers it when it is needed,
 * which is where a booking would be refused: nothing of it is kept, and nothing can be out of date.
 *
 * Who revokes has nodes that may judge alone give back first (lifecycle/override_sql.c): that waits for who draws.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bookings/override_told.h"
#include "nodes/node_ask.h"
#include "nodes/this_node.h"
#include "own.h"

/* Has the coordinator itself gather. Within own_spi. */
static void
override_gather(int32 cap_id, char **overrides, char **unanswered)
{
	static const char query[] =
		"SELECT overrides::text, unanswered FROM steering.overrides_beside($1, 0)";
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(cap_id)};

	(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	*overrides = own_spi_text(0, 1);
	*unanswered = own_spi_text(0, 2);
}

/*
 * Sets *overrides to those of a cap that were not revoked, each with what other nodes have drawn of it: JSONB, as
 * overrides_beside() has it. False: nobody else draws, so that what stands here is all. Within own_spi. 40001: a node does
 * not answer in time.
 *
 * With objects of an earlier version no node draws: what a node has of overrides then is older than that it is one.
 */
bool
override_told(int32 cap_id, Datum *overrides)
{
	int32 here = this_node_id();
	bool is_early = !own_has_relation(OWN_HELD_SCOPE);
	char *told = NULL;
	char *unanswered = NULL;

	if (here == NODE_NONE || (here == NODE_COORDINATOR && is_early))
		return false;
	if (here == NODE_COORDINATOR)
		override_gather(cap_id, &told, &unanswered);
	else if (!is_early)
		node_ask_for_overrides(cap_id, &told, &unanswered);
	if (unanswered != NULL)
		node_ask_refuse(cap_id, unanswered);
	*overrides = DirectFunctionCall1(jsonb_in, CStringGetDatum(told == NULL ? "[]" : told));
	return true;
}
