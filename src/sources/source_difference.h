/*
 * source_difference.h
 *	  How a source differs from the tables that were taken in, and making up for it.
 */
#ifndef SP71_SOURCE_DIFFERENCE_H
#define SP71_SOURCE_DIFFERENCE_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/pg_list.h"

/* How a source differs from what was taken in. */
typedef struct SourceDifference
{
	List *recorded;
	List *joined;
	List *left;
} SourceDifference;

extern SourceDifference source_difference_find(const Source *source);
extern void source_difference_follow(const Source *source, const SourceDifference *difference,
									 bool changed);

#endif
