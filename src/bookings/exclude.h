/*
 * exclude.h
 *	  Being alone with the ledger: what whoever changes structure begins with.
 */
#ifndef SP71_EXCLUDE_H
#define SP71_EXCLUDE_H

#include "sp71_steering.h"

extern void exclude_bookings(void);

#endif
