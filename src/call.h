/*
 * call.h
 *	  What a function of ours was called with.
 */
#ifndef SP71_CALL_H
#define SP71_CALL_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"

extern void call_check_not_null(bool isnull, const char *name);
extern TriggerData *call_trigger(FunctionCallInfo fcinfo);

#endif
