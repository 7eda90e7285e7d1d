/*
 * own_source.h
 *	  Tables of ours whose rows are bookings: sources that nobody attaches.
 */
#ifndef SP71_OWN_SOURCE_H
#define SP71_OWN_SOURCE_H

#include "sp71_steering.h"

#include "own.h"

extern void own_source_make(OwnRelation table, const char *counts_when, const char *stage);

#endif
