/*
 * rulebook.h
 *	  Which caps apply to a booking: the structure of registers and caps, cached per backend.
 */
#ifndef SP71_RULEBOOK_H
#define SP71_RULEBOOK_H

#include "sp71_steering.h"

#include "registers/alias.h"
#include "registers/register_node.h"
#include "rules/cap_figures.h"
#include "rules/cap_list.h"
#include "rules/closed_days.h"
#include "rules/held_scope.h"
#include "types/amount.h"
#include "utils/date.h"

extern void rulebook_register_callbacks(void);

extern void rulebook_enter_booking(void);
extern void rulebook_reenter_booking(void);
extern void rulebook_enter_reading(void);
extern void rulebook_exclude_bookings(void);
extern bool rulebook_excludes_bookings(void);
extern bool rulebook_is_changing(void);
extern void rulebook_invalidate(void);
extern void rulebook_announce_cap(void);
extern void rulebook_pin(void);
extern void rulebook_unpin(void);

extern const RegisterNode *rulebook_service(const char *code, int length);
extern const RegisterNode *rulebook_participant(const char *code, int length);
extern const CapList *rulebook_caps(const RegisterNode *service, const RegisterNode *participant);
extern const ClosedDays *rulebook_closed_days(void);
extern List *rulebook_held(void);
extern void rulebook_end_held(const List *scopes);
extern AliasBook *rulebook_aliases(Oid source);
extern bool rulebook_may_read(const char *participant, Oid role);

/* Tells whether a role may see the figures of a cap. */
static inline bool
rulebook_may_read_cap(const CapFigures *figures, Oid role)
{
	return rulebook_may_read(figures->participant, role);
}

#endif
