/*
 * trigger_set.h
 *	  Sets of triggers that the extension puts on tables of others: how they come and go.
 *
 * Most are statement triggers, which fire only on the table that a statement names, so each table of a tree has all of
 * a set.
 * They are ordinary triggers (pg_dump writes them) that depend on the extension (DROP EXTENSION takes them
 * along).
 */
#ifndef SP71_TRIGGER_SET_H
#define SP71_TRIGGER_SET_H

#include "sp71_steering.h"

#include "utils/relcache.h"

/* One of the triggers. */
typedef struct SetTrigger
{
	char *name;
	char *
		function; /* in the schema steering; of an earlier version it may not be there, but for the first */
	int16
		timing; /* TRIGGER_TYPE_BEFORE or TRIGGER_TYPE_AFTER; with TRIGGER_TYPE_ROW: for each row */
	int16 events;  /* TRIGGER_TYPE_INSERT, ... */
	bool sees_old; /* the rows before, as sp71_old */
	bool sees_new; /* the rows after, as sp71_new */
} SetTrigger;

#define TRIGGER_SET_SIZE 5 /* at most */

#define TRIGGER_SET_ROWS (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/*
 * A set. The first trigger sees what is inserted, and its function is that which a table of the set has; no other set
 * calls a function of this one. The last has the library loaded before a statement begins, see bookings/cut_short.c.
 */
typedef struct TriggerSet
{
	SetTrigger triggers[TRIGGER_SET_SIZE];
	int count;
	bool is_always; /* they fire whatever session_replication_role is */
} TriggerSet;

extern void trigger_set_create(const TriggerSet *set, Relation rel);
extern void trigger_set_create_last(const TriggerSet *set, Relation rel);
extern void trigger_set_fire_always(const TriggerSet *set, Relation rel);
extern void trigger_set_drop(const TriggerSet *set, Oid relid);
extern bool trigger_set_stands(const TriggerSet *set, Oid relid);
extern bool trigger_set_any_stands(Oid relid);
extern bool trigger_set_exists(const TriggerSet *set, Relation rel);
extern bool trigger_set_find(const TriggerSet *set, Relation rel, Oid *trigger, Oid *function);
extern const char *trigger_set_argument(const TriggerSet *set, Relation rel);
extern bool trigger_set_names(const TriggerSet *set, const char *name);
extern bool trigger_set_is_false(const TriggerSet *set, Relation rel, const char *name);

#endif
