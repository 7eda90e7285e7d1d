/*
 * pairs_direct.h
 *	  Pairs of a few lines, read without SQL where what they are joined with is found by unique indexes.
 */
#ifndef SP71_PAIRS_DIRECT_H
#define SP71_PAIRS_DIRECT_H

#include "sp71_steering.h"

#include "queries/touched_rows.h"
#include "tcop/dest.h"
#include "utils/snapshot.h"

extern bool pairs_direct_read(BookingQuery *query, TouchedRows *rows, Snapshot snapshot,
							  DestReceiver *receiver);

#endif
