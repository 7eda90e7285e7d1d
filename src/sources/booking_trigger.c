/*
 * booking_trigger.c
 *	  The triggers by which a table books; see trigger_set.h.
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "utils/rel.h"

#include "sources/booking_trigger.h"
#include "sources/trigger_set.h"

/* TRUNCATE has no transition table: what it takes is read before it does. */
static const TriggerSet booking_triggers = {
	.triggers =
		{
			{"sp71_steering_insert", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_INSERT, false, true},
			{"sp71_steering_update", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_UPDATE, true, true},
			{"sp71_steering_delete", "book", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_DELETE, true, false},
			{"sp71_steering_truncate", "book", TRIGGER_TYPE_BEFORE, TRIGGER_TYPE_TRUNCATE, false,
			 false},
			{"sp71_steering_watch", "watch", TRIGGER_TYPE_BEFORE, TRIGGER_SET_ROWS, false, false},
		},
	.count = 5,
};

/* Creates those of the triggers that rel does not have; see trigger_set_create(). */
void
booking_trigger_create(Relation rel)
{
	trigger_set_create(&booking_triggers, rel);
}

/*
 * Creates the trigger that 0.5.0 brought, and no other: where one that books is missing, rows are to be counted
 * too, which reattach() does.
 */
void
booking_trigger_create_watch(Relation rel)
{
	trigger_set_create_last(&booking_triggers, rel);
}

/* Drops the triggers of a table; see trigger_set_drop(). */
void
booking_trigger_drop(Oid relid)
{
	trigger_set_drop(&booking_triggers, relid);
}

/* Tells whether any trigger of rel books, under whatever name. */
bool
booking_trigger_exists(Relation rel)
{
	return trigger_set_exists(&booking_triggers, rel);
}

/* Finds the trigger of rel that books what is inserted, and its function; false when it is not there. */
bool
booking_trigger_find(Relation rel, Oid *trigger, Oid *function)
{
	return trigger_set_find(&booking_triggers, rel, trigger, function);
}

/* Tells whether one of our triggers has this name. */
bool
booking_trigger_is_ours(const char *name)
{
	return trigger_set_names(&booking_triggers, name);
}

/* Tells whether rel has a trigger of this name that passes for one of ours; see trigger_set_is_false(). */
bool
booking_trigger_is_false(Relation rel, const char *name)
{
	return trigger_set_is_false(&booking_triggers, rel, name);
}

/* Returns the mapping that a shard was given with the trigger that watches; NULL: rel is none that books. */
const char *
booking_trigger_mapping(Relation rel)
{
	return trigger_set_argument(&booking_triggers, rel);
}
