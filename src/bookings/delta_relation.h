/*
 * delta_relation.h
 *	  The rows of a whole relation, read into a batch of bookings.
 */
#ifndef SP71_DELTA_RELATION_H
#define SP71_DELTA_RELATION_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "bookings/row_progress.h"
#include "utils/relcache.h"

extern void delta_add_relation(DeltaBatch *batch, Relation rel, int sign, RowProgress *progress);

#endif
