/*
 * cap_elsewhere.h
 *	  What other nodes use under a cap that the coordinator makes or revises, or that entries join.
 */
#ifndef SP71_CAP_ELSEWHERE_H
#define SP71_CAP_ELSEWHERE_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "types/amount.h"

extern Amount cap_elsewhere_new(int32 cap_id);
extern int128 cap_elsewhere_revised(int32 cap_id, bool is_ours);
extern List *cap_elsewhere_joined(List *caps, List *recounted);

#endif
