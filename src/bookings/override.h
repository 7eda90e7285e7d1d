/*
 * override.h
 *	  What overrides let bookings draw above the threshold at which a cap blocks: the only writer of
 *	  steering.override_use.
 */
#ifndef SP71_OVERRIDE_H
#define SP71_OVERRIDE_H

#include "sp71_steering.h"

#include "rules/refusal.h"

extern int128 override_room(int32 cap_id);
extern bool override_suffices(Refusal *refusal);
extern bool override_draw(Refusal *refusal);

#endif
