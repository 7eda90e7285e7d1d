/*
 * source_delete.h
 *	  The end of a source.
 */
#ifndef SP71_SOURCE_DELETE_H
#define SP71_SOURCE_DELETE_H

#include "sp71_steering.h"

#include "bookings/judge.h"
#include "mapping/mapping.h"
#include "nodes/pg_list.h"

extern void source_check_closed(const Source *source);
extern void source_delete(List *sources, JudgeWhen when);

#endif
