/*
 * mapping_guard.h
 *	  Whether the mapping of a source still works: commands that break it are refused, and health()
 *	  reports what was broken all the same.
 */
#ifndef SP71_MAPPING_GUARD_H
#define SP71_MAPPING_GUARD_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "tcop/cmdtag.h"

extern bool mapping_guard(const Source *source, bool is_need, CommandTag tag);
extern void mapping_guard_column(const Source *source, AttrNumber attribute, const char *name,
								 CommandTag tag);
extern void mapping_guard_need(const Source *source, const char *what, CommandTag tag);

#endif
