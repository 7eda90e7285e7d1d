/*
 * follow.h
 *	  What the event triggers share: follow_ddl.c follows ALTER and CREATE, follow_drop.c DROP.
 */
#ifndef SP71_FOLLOW_H
#define SP71_FOLLOW_H

#include "sp71_steering.h"

#include "commands/event_trigger.h"
#include "fmgr.h"

/* What an error's context tells. */
typedef struct FollowContext
{
	const char *source; /* its name, or NULL when its table is gone */
	CommandTag tag;
} FollowContext;

extern bool follow_can_change_sources(const Node *command);
extern EventTriggerData *follow_event(FunctionCallInfo fcinfo, const char *function);
extern void follow_push_context(ErrorContextCallback *callback, FollowContext *context);
extern void follow_pop_context(ErrorContextCallback *callback);

#endif
