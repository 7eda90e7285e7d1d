/*
 * booking_guard.h
 *	  What keeps the booking table of a query from being written by hand: triggers (booking_guard.c), and event triggers
 *	  that look after these and after what others put on it (booking_guard_ddl.c).
 */
#ifndef SP71_BOOKING_GUARD_H
#define SP71_BOOKING_GUARD_H

#include "sp71_steering.h"

#include "commands/event_trigger.h"
#include "utils/relcache.h"

extern void booking_guard_create(Oid relid);
extern void booking_guard_restore(Oid relid);
extern bool booking_guard_exists(Relation rel);

extern void booking_guard_before_ddl(const EventTriggerData *event);
extern void booking_guard_after_ddl(const EventTriggerData *event);
extern void booking_guard_after_drop(const EventTriggerData *event);

#endif
