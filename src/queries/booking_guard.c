/*
 * booking_guard.c
 *	  The triggers by which a booking table of a query is kept from being written by hand.
 *
 * What stands in it is what rows of the tables of its query come to. The extension writes it without SQL
 * (pairs_write.c), so whatever fires a trigger is somebody else: its owner, a superuser, a view, a rule, the worker of a
 * subscription. The triggers fire in all of these, for each row, since the worker fires none for statements, and before
 * anything is written. What could get round them is for booking_guard_ddl.c.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "call.h"
#include "queries/booking_guard.h"
#include "sources/trigger_set.h"
#include "types/name_text.h"

static const TriggerSet booking_guards = {
	.triggers =
		{
			{"sp71_steering_guard", "guard_booking_table", TRIGGER_TYPE_ROW | TRIGGER_TYPE_BEFORE,
			 TRIGGER_SET_ROWS, false, false},
			{"sp71_steering_guard_truncate", "guard_booking_table", TRIGGER_TYPE_BEFORE,
			 TRIGGER_TYPE_TRUNCATE, false, false},
		},
	.count = 2,
	.is_always = true,
};

/* Creates those of the triggers that a booking table does not have, which is locked as for CREATE TRIGGER. */
void
booking_guard_create(Oid relid)
{
	Relation rel = table_open(relid, NoLock);

	trigger_set_create(&booking_guards, rel);
	table_close(rel, NoLock);
}

/* Tells whether a table has any of the triggers, as booking tables do. */
bool
booking_guard_exists(Relation rel)
{
	return trigger_set_exists(&booking_guards, rel);
}

/* Has the triggers that a table has fire always again, after a command that has altered them. */
void
booking_guard_restore(Oid relid)
{
	Relation rel;

	if (get_rel_relkind(relid) != RELKIND_RELATION || !trigger_set_stands(&booking_guards, relid))
		return;
	rel = table_open(relid, AccessShareLock);
	trigger_set_fire_always(&booking_guards, rel);
	table_close(rel, NoLock);
}

PG_FUNCTION_INFO_V1(steering_guard_booking_table);

/* Trigger on a booking table: refuses whatever would write it. */
Datum
steering_guard_booking_table(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("booking table \"%s\" is written by the extension alone",
					name_text_in_message(RelationGetRelid(trigger->tg_relation))),
			 errdetail("It holds what rows of other tables come to by the query that was given to "
					   "steering.attach_query()."),
			 errhint("Change these rows, and the booking table follows. Where it differs from "
					 "them, steering.repair() and steering.reattach() put it right.")));
	return PointerGetDatum(NULL);
}
