/*
 * source_alias.h
 *	  Aliases that hold for rows of one source alone, where its bookings are to be counted by nodes.
 */
#ifndef SP71_SOURCE_ALIAS_H
#define SP71_SOURCE_ALIAS_H

#include "sp71_steering.h"

#include "mapping/source.h"

pg_noreturn extern void source_alias_raise(const char *value, Oid relid);
extern void source_alias_refuse(const Source *source);

#endif
