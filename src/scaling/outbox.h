/*
 * outbox.h
 *	  The table steering.outbox: by which nodes learn what acts on the coordinator have changed.
 */
#ifndef SP71_OUTBOX_H
#define SP71_OUTBOX_H

#include "sp71_steering.h"

extern void outbox_create(void);
extern void outbox_check_committed(void);
extern void outbox_drop(void);
extern void outbox_check(Relation rel, const Trigger *trigger);
extern void outbox_lock(void);
extern int64 outbox_last(void);
extern int64 outbox_prune(int64 before, int32 node);
extern void outbox_exclude_acts(void);

#endif
