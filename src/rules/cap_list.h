/*
 * cap_list.h
 *	  The caps over a booking, read from steering.cap.
 */
#ifndef SP71_CAP_LIST_H
#define SP71_CAP_LIST_H

#include "sp71_steering.h"

#include "registers/register_node.h"
#include "rules/cap_row.h"

/* The caps over one (service, participant), ordered by cap_id, of all dates. */
typedef struct CapList
{
	int count;
	CapRef caps[FLEXIBLE_ARRAY_MEMBER];
} CapList;

/* A cap that a cache does not know, by what it stands over. */
typedef struct NewCap
{
	int32 cap_id;
	int32 service_id;
	int32 participant_id;
} NewCap;

extern CapList *cap_list_load(MemoryContext context, const CapRows *rows,
							  const RegisterNode *service, const RegisterNode *participant);
extern int cap_list_read_new(int32 after, NewCap *caps, int limit);
extern int32 cap_list_last(void);

#endif
