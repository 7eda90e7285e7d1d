/*
 * mapping_guard.h
 *	  Whether the mapping of a source still works: commands that break it are refused, and health()
 *	  reports what was broken all the same.
 */
#ifndef SP71_MAPPING_GUARD_H
#define SP71_MAPPING_GUARD_H

#include "sp71_steering.h"

#include "sources/mapping.h"
#include "tcop/cmdtag.h"

extern void mapping_guard(const Source *source, CommandTag tag);
extern void mapping_guard_column(const Source *source, const char *name, CommandTag tag);

#endif
