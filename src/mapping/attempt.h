/*
 * attempt.h
 *	  Doing with a source what may fail because of it, without failing.
 */
#ifndef SP71_ATTEMPT_H
#define SP71_ATTEMPT_H

#include "sp71_steering.h"

typedef void (*AttemptWork)(void *context);

extern ErrorData *attempt(AttemptWork work, void *context);

#endif
