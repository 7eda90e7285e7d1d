/*
 * check_at.h
 *	  Whether sp71_steering.check_at can be the answer to a refusal.
 */
#ifndef SP71_CHECK_AT_H
#define SP71_CHECK_AT_H

#include "sp71_steering.h"

extern const char *check_at_hint(Oid relid);

#endif
