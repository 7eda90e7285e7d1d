/*
 * allotment_memory.h
 *	  What this backend knows of rows of steering.allotment: where they stand, and what they say.
 */
#ifndef SP71_ALLOTMENT_MEMORY_H
#define SP71_ALLOTMENT_MEMORY_H

#include "sp71_steering.h"

#include "access/transam.h"
#include "storage/itemptr.h"

#include "types/amount.h"

/* What this node may do by itself under a cap. */
typedef struct Allotment
{
	bool is_alone;    /* no other node may raise usage: judge by the ladder */
	bool warns;       /* not alone, and usage stands at a step that warns of each raise */
	Amount ceiling;   /* not alone: usage of this node may go up to this, and crosses no step */
	Amount elsewhere; /* alone, or warns: what the others used at most when this was lent */
} Allotment;

/* What is known of a cap. */
typedef struct AllotmentMemory
{
	int32 cap_id;
	char status;
	ItemPointerData place;    /* where the row was seen last, or invalid */
	Allotment allotment;      /* what it said to the reader */
	FullTransactionId reader; /* which held the counter then; invalid: nothing is to be believed */
	FullTransactionId writer; /* of this backend, which has written the allotment */
} AllotmentMemory;

extern AllotmentMemory *allotment_memory_of(int32 cap_id);
extern bool allotment_memory_is_true(const AllotmentMemory *memory);
extern void allotment_memory_keep(AllotmentMemory *memory);
extern void allotment_memory_bar(int32 cap_id);

#endif
