/*
 * cap_stripe.h
 *	  Who holds the stripes of a counter.
 */
#ifndef SP71_CAP_STRIPE_H
#define SP71_CAP_STRIPE_H

#include "sp71_steering.h"

#include "access/htup.h"

/* A transaction that is not over and holds a stripe. */
typedef struct StripeHolder
{
	TransactionId transaction; /* not a subtransaction; invalid: nobody holds it */
	int pid;                   /* of its process; 0: prepared, or on the primary of this standby */
	bool is_ours;              /* it is the present one of this session */
} StripeHolder;

extern StripeHolder cap_stripe_holder(HeapTuple tuple);

#endif
