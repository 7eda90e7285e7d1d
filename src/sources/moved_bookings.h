/*
 * moved_bookings.h
 *	  Bookings that this node counts, and that nodes take over in one transaction.
 */
#ifndef SP71_MOVED_BOOKINGS_H
#define SP71_MOVED_BOOKINGS_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

extern List *moved_bookings_begin(List *source_ids);
extern void moved_bookings_end(List *source_ids, List *caps);

#endif
