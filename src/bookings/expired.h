/*
 * expired.h
 *	  Reservations that have expired and still stand in counters: they count for nothing.
 */
#ifndef SP71_EXPIRED_H
#define SP71_EXPIRED_H

#include "sp71_steering.h"

#include "bookings/delta.h"
#include "rules/cap_figures.h"

/* A reservation that has expired, as a batch that takes it back. */
typedef struct Expired
{
	int32 reservation_id;
	DeltaBatch *batch;
} Expired;

extern int128 expired_under(const CapFigures *figures);
extern bool expired_is_due(void);
extern List *expired_take(void);
extern bool expired_claim(const Expired *expired);

#endif
