/*
 * override_told.h
 *	  The overrides of a cap over several nodes.
 */
#ifndef SP71_OVERRIDE_TOLD_H
#define SP71_OVERRIDE_TOLD_H

#include "sp71_steering.h"

extern bool override_told(int32 cap_id, Datum *overrides);

#endif
