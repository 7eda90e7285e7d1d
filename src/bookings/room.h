/*
 * room.h
 *	  What caps that span nodes say of a change: by what this node may use, or by asking for more.
 */
#ifndef SP71_ROOM_H
#define SP71_ROOM_H

#include "sp71_steering.h"

#include "rules/refusal.h"
#include "rules/verdict.h"

extern Verdict room_judge(const CapFigures *figures, Amount before, Amount after);
extern bool room_warn_only(const Refusal *refusal, const Verdict *verdict, bool is_refused);
extern bool room_ask(Refusal *refusal, bool is_refused, Verdict *verdict);
extern void room_tell(int32 cap_id);

#endif
