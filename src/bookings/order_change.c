/*
 * order_change.c
 *	  What bookings do to order lines: ordered, invoiced, closed; netted by the key of the line.
 *
 * Lives in the memory of a batch, which is of one source. What it does to the order lines themselves: order_line.c.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "bookings/order_change.h"

#define SH_PREFIX order_hash
#define SH_ELEMENT_TYPE OrderChange
#define SH_KEY_TYPE const char *
#define SH_KEY reference
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k), strlen(k))
#define SH_EQUAL(tb, a, b) (strcmp((a), (b)) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct OrderChanges
{
	MemoryContext context;
	order_hash_hash *all;
};

/* Begins with no order line, in the memory of context. */
OrderChanges *
order_changes_begin(MemoryContext context)
{
	OrderChanges *changes = MemoryContextAllocZero(context, sizeof(OrderChanges));

	changes->context = context;
	changes->all = order_hash_create(context, 8, NULL);
	return changes;
}

/* Tells whether two places are one. */
bool
order_place_is(const OrderPlace *a, const OrderPlace *b)
{
	return a->source_id == b->source_id && a->day == b->day &&
		   strcmp(a->service, b->service) == 0 && strcmp(a->participant, b->participant) == 0;
}

/* Finds what is done to an order line, or begins with nothing. Good until the next call. */
OrderChange *
order_changes_get(OrderChanges *changes, const char *reference, int length)
{
	char *key = MemoryContextAlloc(changes->context, length + 1);
	OrderChange *change;
	bool found;

	memcpy(key, reference, length);
	key[length] = '\0';
	change = order_hash_insert(changes->all, key, &found);
	if (found)
		pfree(key);
	else
	{
		change->source = NULL;
		change->ordered = NIL;
		memset(&change->invoiced, 0, sizeof(UsageSum));
		change->finals = change->first_row = 0;
	}
	return change;
}

/* Adds what is ordered on a place. */
void
order_change_add_ordered(OrderChanges *changes, OrderChange *change, const OrderPlace *place,
						 const UsageSum *sum)
{
	MemoryContext caller;
	OrderedChange *added;
	ListCell *cell;

	foreach(cell, change->ordered)
	{
		added = lfirst(cell);
		if (!order_place_is(&added->place, place))
			continue;
		usage_sum_add(&added->change, sum);
		return;
	}
	caller = MemoryContextSwitchTo(changes->context);
	added = palloc(sizeof(OrderedChange));
	added->place = *place;
	added->change = *sum;
	change->ordered = lappend(change->ordered, added);
	MemoryContextSwitchTo(caller);
}

/*
 * Adds a booking that came (sign 1) or went (sign -1). Returns what is done to its order line, good until the next call;
 * NULL: it has to do with none.
 */
OrderChange *
order_changes_add(OrderChanges *changes, const Source *source, const MappedRow *row,
				  const Booking *booking, int sign)
{
	const text *key = row->reference == NULL ? row->releases : row->reference;
	UsageSum sum = {.amount = (int128) row->amount * sign,
					.volume = (int128) row->volume * sign,
					.bookings = sign};
	OrderPlace place = {source->source_id, booking->service->code, booking->participant->code,
						booking->day};
	OrderChange *change;

	if (key == NULL)
		return NULL;
	change = order_changes_get(changes, VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
	change->source = source;
	if (row->reference != NULL)
		order_change_add_ordered(changes, change, &place, &sum);
	else
	{
		usage_sum_add(&change->invoiced, &sum);
		change->finals += row->is_final ? sign : 0;
	}
	return change;
}

/* Returns how many order lines something is done to. */
int
order_changes_count(const OrderChanges *changes)
{
	return changes->all->members;
}

/* Lists what is done, in no order. */
void
order_changes_list(OrderChanges *changes, OrderChange **list)
{
	order_hash_iterator iterator;
	OrderChange *change;

	order_hash_start_iterate(changes->all, &iterator);
	while ((change = order_hash_iterate(changes->all, &iterator)) != NULL)
		*list++ = change;
}

/* Orders changes by key. */
static int
order_change_compare(const void *a, const void *b)
{
	return strcmp((*(OrderChange *const *) a)->reference, (*(OrderChange *const *) b)->reference);
}

/* Tells whether a change comes to nothing: rows that came as they went. */
static bool
order_change_is_nothing(const OrderChange *change)
{
	ListCell *cell;

	foreach(cell, change->ordered)
		if (!usage_sum_is_zero(&((const OrderedChange *) lfirst(cell))->change))
			return false;
	return usage_sum_is_zero(&change->invoiced) && change->finals == 0;
}

/* Tells whether more rows come than go. */
bool
order_change_comes(const OrderChange *change)
{
	ListCell *cell;

	foreach(cell, change->ordered)
		if (((const OrderedChange *) lfirst(cell))->change.bookings > 0)
			return true;
	return change->invoiced.bookings > 0;
}

/* Takes the changes out of a list that come to nothing; returns how many are left. */
int
order_changes_compact(OrderChange **list, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (!order_change_is_nothing(list[i]))
			list[kept++] = list[i];
	return kept;
}

/* Lists what several of them do. */
OrderChange **
order_changes_collect(List *all, int *count)
{
	OrderChange **list;
	Size most = 0;
	ListCell *cell;

	foreach(cell, all)
		most += order_changes_count(lfirst(cell));
	list = MemoryContextAllocHuge(CurrentMemoryContext, (most + 1) * sizeof(OrderChange *));
	most = 0;
	foreach(cell, all)
	{
		order_changes_list(lfirst(cell), &list[most]);
		most += order_changes_count(lfirst(cell));
	}
	*count = most;
	return list;
}

/* Sorts a list by key. */
void
order_changes_sort(OrderChange **list, int count)
{
	qsort(list, count, sizeof(OrderChange *), order_change_compare);
}

/* Returns how many changes at the beginning of a list are of one key. */
int
order_changes_same(OrderChange *const *list, int count)
{
	int same = 1;

	while (same < count && order_change_compare(&list[0], &list[same]) == 0)
		same++;
	return same;
}
