/*
 * recount_ahead.h
 *	  Reading the rows of a source that is about to be counted anew while bookings still go on.
 */
#ifndef SP71_RECOUNT_AHEAD_H
#define SP71_RECOUNT_AHEAD_H

#include "sources/mapping.h"

/* What is kept of the usage of a source by month: arrays of the same length. */
#define RECOUNT_AHEAD_COLUMNS 6

/* What the rows of a source come to. */
typedef struct RecountAhead
{
	bool is_read;
	bool has_cells;
	char *registers; /* a digest of those by which the rows were read */
	Datum cells[RECOUNT_AHEAD_COLUMNS];
} RecountAhead;

extern void recount_ahead_read(RecountAhead *ahead, const Source *source, bool strict);
extern bool recount_ahead_write(const RecountAhead *ahead, int32 source_id);

#endif
