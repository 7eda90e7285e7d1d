/*
 * booking_trigger.h
 *	  The triggers by which a table books; see trigger_set.h.
 */
#ifndef SP71_BOOKING_TRIGGER_H
#define SP71_BOOKING_TRIGGER_H

#include "sp71_steering.h"

#include "utils/relcache.h"

extern void booking_trigger_create(Relation rel);
extern void booking_trigger_create_watch(Relation rel);
extern void booking_trigger_drop(Oid relid);
extern bool booking_trigger_exists(Relation rel);
extern bool booking_trigger_find(Relation rel, Oid *trigger, Oid *function);
extern const char *booking_trigger_mapping(Relation rel);
extern bool booking_trigger_is_ours(const char *name);
extern bool booking_trigger_is_false(Relation rel, const char *name);

#endif
