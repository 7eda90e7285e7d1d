/*
 * order_change.h
 *	  What bookings do to order lines: ordered, invoiced, closed; netted by the key of the line.
 */
#ifndef SP71_ORDER_CHANGE_H
#define SP71_ORDER_CHANGE_H

#include "sp71_steering.h"

#include "bookings/booking.h"
#include "mapping/mapping.h"
#include "nodes/pg_list.h"
#include "types/usage.h"

#define ORDER_KEY_MOST_BYTES 1000 /* of an order line; an index takes no more than some 2,700 */

/* Where an order line is booked. */
typedef struct OrderPlace
{
	int32 source_id; /* its source */
	const char *service;
	const char *participant;
	DateADT day;
} OrderPlace;

/* What is ordered on one place. */
typedef struct OrderedChange
{
	OrderPlace place;
	UsageSum change; /* with how many rows */
} OrderedChange;

/* What is done to one order line. */
typedef struct OrderChange
{
	const char *reference;
	char status;
	const Source *source; /* whose rows do it; NULL: nobody is to be refused it */
	List *ordered;        /* of OrderedChange */
	UsageSum invoiced;    /* with how many rows */
	int64 finals;         /* how many of these release the rest */
	int64 first_row;      /* for who counts rows: the first that does any of it; 0: not known */
} OrderChange;

typedef struct OrderChanges OrderChanges;

extern OrderChanges *order_changes_begin(MemoryContext context);
extern OrderChange *order_changes_add(OrderChanges *changes, const Source *source,
									  const MappedRow *row, const Booking *booking, int sign);
extern OrderChange *order_changes_get(OrderChanges *changes, const char *reference, int length);
extern void order_change_add_ordered(OrderChanges *changes, OrderChange *change,
									 const OrderPlace *place, const UsageSum *sum);
extern int order_changes_count(const OrderChanges *changes);
extern void order_changes_list(OrderChanges *changes, OrderChange **list);
extern OrderChange **order_changes_collect(List *all, int *count);
extern int order_changes_compact(OrderChange **list, int count);
extern void order_changes_sort(OrderChange **list, int count);
extern int order_changes_same(OrderChange *const *list, int count);
extern bool order_change_comes(const OrderChange *change);
extern bool order_place_is(const OrderPlace *a, const OrderPlace *b);

/* Tells whether a key of so many bytes is too long to be looked for. */
static inline bool
order_key_is_long(Size length)
{
	return length > ORDER_KEY_MOST_BYTES;
}

#endif
