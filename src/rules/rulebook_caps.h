/*
 * rulebook_caps.h
 *	  What the rulebook remembers of caps.
 */
#ifndef SP71_RULEBOOK_CAPS_H
#define SP71_RULEBOOK_CAPS_H

#include "sp71_steering.h"

#include "registers/register_node.h"
#include "rules/cap_list.h"

typedef struct RulebookCaps RulebookCaps;

extern RulebookCaps *rulebook_caps_make(MemoryContext context);
extern bool rulebook_caps_are_too_many(const RulebookCaps *caps);
extern bool rulebook_caps_read_news(RulebookCaps *caps);
extern const CapList *rulebook_caps_find(RulebookCaps *caps, const RegisterNode *service,
										 const RegisterNode *participant);

#endif
