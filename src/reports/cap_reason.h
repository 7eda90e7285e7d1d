/*
 * cap_reason.h
 *	  What the caps over a booking say of it, for why_refused().
 */
#ifndef SP71_CAP_REASON_H
#define SP71_CAP_REASON_H

#include "sp71_steering.h"

#include "bookings/booking.h"
#include "nodes/execnodes.h"
#include "reports/stripe_holders.h"
#include "rules/cap_figures.h"
#include "rules/cap_list.h"
#include "rules/verdict.h"

/* What usage of a cap is made of. */
typedef struct CapPart
{
	Amount stored;
	Amount used;      /* with what the transaction has not written yet */
	int128 elsewhere; /* used on other nodes, not in the others */
	bool has_commitments;
	Amount commitments;
	bool has_counted;
	Amount counted; /* what the months' sums come to */
} CapPart;

/* What one cap says of the booking. What follows may_read is of caps that the role may read alone. */
typedef struct CapReason
{
	const CapFigures *figures;
	const List *rows; /* of its counter, the newest that are committed */
	bool may_read;
	CapPart *part;   /* NULL: the snapshot does not see the cap */
	Datum raised_by; /* an array of text */
	int128 own;      /* what the transaction has booked of it */
	int128 expired;  /* what of it is reserved and has expired: it counts for nothing */
	int128 delta;
	int128 after;
	Verdict verdict;
	StripeHolders holders;
} CapReason;

extern void cap_reason_put_all(ReturnSetInfo *result, const MappedRow *row, const Booking *booking,
							   const CapList *caps);
extern bool cap_reason_fits(const CapReason *reason);
extern char *cap_reason_explain(const CapReason *reason);

/* cap_part.c */
extern void cap_part_read(List *caps);

#endif
