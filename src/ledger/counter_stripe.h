/*
 * counter_stripe.h
 *	  Making a change in one stripe of a counter, and dividing stripes where backends would wait.
 */
#ifndef SP71_COUNTER_STRIPE_H
#define SP71_COUNTER_STRIPE_H

#include "sp71_steering.h"

#include "ledger/changed_counter.h"
#include "ledger/counter_row.h"
#include "ledger/stripe_hints.h"
#include "rules/zone.h"

/* One change of one counter, while a stripe for it is being sought. */
typedef struct CounterTask
{
	Relation rel;
	int32 cap_id;
	int128 delta;
	ChangedCounter *changed;
	StripeHints *stripes;
	bool contended;       /* somebody else was in the way */
	bool patient;         /* wait for a stripe whose holder is not known */
	bool fold;            /* make it one row again */
	TransactionId holder; /* of a stripe in whose share the change would fit, or invalid */
	Zone share;           /* of each new stripe */
	int children;         /* new stripes to make; 0: do not divide */
} CounterTask;

extern void counter_load_stripes(CounterTask *task);
extern bool counter_is_left_alone(CounterTask *task);
extern bool counter_change_stripe(CounterTask *task);

#endif
