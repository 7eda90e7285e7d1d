/*
 * lost_source.h
 *	  Sources that go with their table: what is kept of them, and what is said.
 */
#ifndef SP71_LOST_SOURCE_H
#define SP71_LOST_SOURCE_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/pg_list.h"

extern List *lost_source_record(List *gone);
extern void lost_source_tell(List *names);
extern void lost_source_keep_aliases(void);
extern void lost_source_judge_closed(const Source *source, int64 event_id);

#endif
