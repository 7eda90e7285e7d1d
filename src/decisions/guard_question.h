/*
 * guard_question.h
 *	  What the rows ask that an act writes.
 */
#ifndef SP71_GUARD_QUESTION_H
#define SP71_GUARD_QUESTION_H

#include "sp71_steering.h"

#include "commands/trigger.h"

extern uint64 guard_question_ask(TriggerData *data);

#endif
