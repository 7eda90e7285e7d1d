/*
 * recount_ahead.h
 *	  Reading the rows of a source that is about to be counted anew while bookings still go on.
 */
#ifndef SP71_RECOUNT_AHEAD_H
#define SP71_RECOUNT_AHEAD_H

#include "mapping/mapping.h"

/* What is kept of the bookings of a source by day: arrays of the same length. */
#define RECOUNT_AHEAD_COLUMNS 6

/* What the rows of a source come to. */
typedef struct RecountAhead
{
	int32 source_id;
	bool is_read;
	bool has_days;
	bool can_stand;  /* for the rows */
	char *registers; /* a digest of those by which the rows were read */
	Datum days[RECOUNT_AHEAD_COLUMNS];
} RecountAhead;

/* Takes what is booked on a day. */
typedef void (*RecountAheadVisitor)(const MappedRow *row, int32 service_id, int32 participant_id,
									void *context);

extern void recount_ahead_read(RecountAhead *ahead, const Source *source, bool strict);
extern bool recount_ahead_write(RecountAhead *ahead);
extern void recount_ahead_stand(const RecountAhead *ahead);
extern bool recount_ahead_visit(int32 source_id, RecountAheadVisitor visit, void *context);

#endif
