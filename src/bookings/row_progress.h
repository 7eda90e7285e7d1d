/*
 * row_progress.h
 *	  Telling whoever waits how far the reading of many rows is.
 */
#ifndef SP71_ROW_PROGRESS_H
#define SP71_ROW_PROGRESS_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

/* How far it is. Zeroed: nobody is told. */
typedef struct RowProgress
{
	const char *name; /* of the table */
	List *relids;     /* the tables, until their rows are estimated */
	double expected;  /* rows, about */
	uint64 done;
	TimestampTz told_at; /* or began */
} RowProgress;

extern void row_progress_begin(RowProgress *progress, const char *name, List *relids);
extern void row_progress_look(RowProgress *progress);

/* Takes note of a row that was read. Every 64 the time is looked at: reading one may take long. */
static inline void
row_progress_add(RowProgress *progress)
{
	if (unlikely(++progress->done % 64 == 0))
		row_progress_look(progress);
}

#endif
