/*
 * register.h
 *	  Triggers on the registers of participants and services: both stay trees of entries that can be
 *	  relied on, and their changes reach the caps.
 *
 * One code for both registers; what differs stands in a Register, with the queries made for it.
 *
 * What decides which caps apply to a booking (entries, parents, ranges of days, require_cap) changes
 * with bookings excluded: by a trigger before the statement, so that nobody waits for bookings with
 * rows of a register locked. The work is done after the statement, on its old and new rows at once:
 * a subtree may be moved entry by entry in one statement, and only the outcome is judged. Queries
 * run as the extension's owner, so a steward needs rights on the register alone.
 *
 * Restoring a dump inserts into registers too, before the triggers of finance tables exist. Then
 * there is nothing to count: counters come with the dump.
 */
#ifndef SP71_REGISTER_H
#define SP71_REGISTER_H

#include "sp71_steering.h"

#include "commands/trigger.h"
#include "own.h"

/* What differs between the registers. */
typedef struct Register
{
	OwnRelation relation;
	const char *noun;
	const char *read_changes;
	const char *find_orphan;
	const char *find_cycle;
	const char *find_outside;
	const char *find_outside_before_0_3;
	const char *find_below;
	const char *find_capped;
	const char *find_booked;
	const char *find_aliased;
	const char *delete_cells;
	const char *find_caps;
} Register;

/* register.c: which it is, and its rows */
extern const Register *register_of(TriggerData *trigger);
extern void register_begin(OwnSpi *spi, TriggerData *trigger);
extern uint64 register_execute(const char *query);

/* register_check.c: what must hold after a statement; between register_begin() and own_spi_end() */
extern void register_check_parents(const Register *kind);
extern void register_check_outside(const Register *kind);
extern void register_check_deleted(const Register *kind);

/* service_lead.c: likewise, after an INSERT or UPDATE */
extern void service_lead_check(const Register *kind, TriggerData *trigger);

#endif
