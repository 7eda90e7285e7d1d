/*
 * attach_again.h
 *	  Attaching a table by the mapping of a source that had its name and was dropped.
 */
#ifndef SP71_ATTACH_AGAIN_H
#define SP71_ATTACH_AGAIN_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

#include "bookings/judge.h"
#include "sources/source_event.h"

extern void attach_again_placement(Oid relid, const LostSource *mapping, JudgeWhen when);
extern bool attach_again(Oid relid);
extern void attach_again_names(List *names);
extern void attach_again_follow(const Node *command);

#endif
