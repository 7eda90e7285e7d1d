/*
 * change_apply.h
 *	  Making this node be as the coordinator says.
 */
#ifndef SP71_CHANGE_APPLY_H
#define SP71_CHANGE_APPLY_H

#include "sp71_steering.h"

extern void change_check_role(void);
extern void change_apply(Datum body);
extern void change_apply_next(int64 number, Datum body);

#endif
