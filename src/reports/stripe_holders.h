/*
 * stripe_holders.h
 *	  The other transactions that hold stripes of one counter, as far as a role may know.
 */
#ifndef SP71_STRIPE_HOLDERS_H
#define SP71_STRIPE_HOLDERS_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"

typedef struct StripeHolders
{
	int stripes;    /* that the counter is divided into */
	int held;       /* of them, by other transactions */
	List *pids;     /* that the role may know */
	List *prepared; /* transactions without a process, likewise */
} StripeHolders;

extern StripeHolders stripe_holders_of(const List *rows, bool reads_all);
extern Datum stripe_holders_pids(const StripeHolders *holders);
extern char *stripe_holders_describe(const StripeHolders *holders);

#endif
