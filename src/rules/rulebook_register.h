/*
 * rulebook_register.h
 *	  What the rulebook remembers of a register.
 */
#ifndef SP71_RULEBOOK_REGISTER_H
#define SP71_RULEBOOK_REGISTER_H

#include "sp71_steering.h"

#include "registers/register_node.h"

typedef struct RulebookRegister RulebookRegister;

extern RulebookRegister *rulebook_register_make(MemoryContext context, const RegisterKind *kind);
extern const RegisterNode *rulebook_register_find(RulebookRegister *entries, const char *code,
												  int length);

#endif
