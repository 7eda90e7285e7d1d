/*
 * reservation.h
 *	  Reservations: made, and resolved. The only writer of steering.reservation_post, and of steering.reservation
 *	  beside bookings/expired.c.
 */
#ifndef SP71_RESERVATION_H
#define SP71_RESERVATION_H

#include "sp71_steering.h"

#include "types/amount.h"
#include "utils/timestamp.h"

/* What is to be reserved. Checked by whoever fills it in. */
typedef struct ReservationRequest
{
	Datum service;     /* text */
	Datum participant; /* text */
	Datum booked_on;   /* date */
	Amount amount;
	Amount volume;
	Datum expires;   /* timestamptz */
	bool is_lasting; /* it does not expire */
	Datum reference; /* text */
	bool has_reference;
} ReservationRequest;

/* What is to be posted. */
typedef struct ReservationPost
{
	bool is_all_amount; /* else: */
	Amount amount;
	bool is_all_volume; /* else: */
	Amount volume;
} ReservationPost;

extern int32 reservation_make(const ReservationRequest *request);
extern void reservation_post(int32 reservation_id, const ReservationPost *post);
extern void reservation_void(int32 reservation_id);
extern int64 reservation_release(int32 most);

#endif
