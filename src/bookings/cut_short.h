/*
 * cut_short.h
 *	  Statements that end before all their rows were asked for.
 */
#ifndef SP71_CUT_SHORT_H
#define SP71_CUT_SHORT_H

#include "sp71_steering.h"

extern void cut_short_register_hooks(void);

#endif
