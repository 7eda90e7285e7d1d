/*
 * order_line_state.c
 *	  What changes make of an order line, and what is released of it then: without reading or writing anything.
 *
 * All is in the present memory, and points into the changes.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "bookings/order_line_state.h"

/* Adds what is ordered on a place to a list of such, in the present memory; its elements are those of the changes. */
static List *
order_places_add(List *places, OrderedChange *ordered)
{
	ListCell *cell;

	foreach(cell, places)
	{
		OrderedChange *other = lfirst(cell);
		OrderedChange *sum;

		if (!order_place_is(&other->place, &ordered->place))
			continue;
		/* Not in its place: the changes may be made once more. */
		sum = palloc(sizeof(OrderedChange));
		*sum = *other;
		usage_sum_add(&sum->change, &ordered->change);
		lfirst(cell) = sum;
		return places;
	}
	return lappend(places, ordered);
}

/* Returns what changes of one key order, place by place. */
static List *
order_places_list(OrderChange *const *changes, int count)
{
	List *places = NIL;

	for (int i = 0; i < count; i++)
	{
		ListCell *cell;

		foreach(cell, changes[i]->ordered)
			places = order_places_add(places, lfirst(cell));
	}
	return places;
}

/*
 * Adds what is ordered to a row. Of what goes, only what stands on the place of the row is in it: what else goes was
 * not counted either. A row stays on its place as long as anything is ordered there. Returns whether all is on one place
 * then.
 */
static bool
order_line_add_ordered(OrderLine *line, const List *places)
{
	const OrderedChange *moved = NULL;
	bool is_one = true;
	ListCell *cell;

	foreach(cell, places)
	{
		const OrderedChange *ordered = lfirst(cell);

		if (line->ordered.bookings > 0 && order_place_is(&line->place, &ordered->place))
			usage_sum_add(&line->ordered, &ordered->change);
		else if (ordered->change.bookings > 0)
		{
			is_one &= moved == NULL;
			moved = ordered;
		}
	}
	if (line->ordered.bookings <= 0)
		memset(&line->ordered, 0, sizeof(UsageSum));
	if (moved == NULL)
		return true;
	if (line->ordered.bookings > 0)
		return false;
	line->place = moved->place;
	line->ordered = moved->change;
	return is_one;
}

/* Returns what is released of what was ordered: of a negative order likewise. */
static int128
order_line_part(int128 ordered, int128 invoiced, bool is_final)
{
	if (is_final)
		return ordered;
	if (ordered >= 0)
		return Max(0, Min(invoiced, ordered));
	return Min(0, Max(invoiced, ordered));
}

/* Works out what is released. */
static void
order_line_release(OrderLine *line)
{
	bool is_final = line->finals > 0;

	line->amount =
		amount_narrow(-order_line_part(line->ordered.amount, line->invoiced.amount, is_final));
	line->volume =
		amount_narrow(-order_line_part(line->ordered.volume, line->invoiced.volume, is_final));
	line->is_released = line->amount != 0 || line->volume != 0;
}

/*
 * Makes of a row what changes of one key make of it. Returns whether all that is ordered under the key is on one place
 * then.
 */
bool
order_line_apply(OrderLine *line, OrderChange *const *changes, int count)
{
	bool is_one = order_line_add_ordered(line, order_places_list(changes, count));

	for (int i = 0; i < count; i++)
	{
		usage_sum_add(&line->invoiced, &changes[i]->invoiced);
		line->finals += changes[i]->finals;
	}
	order_line_release(line);
	return is_one;
}

/* Tells whether rows came that release an order line which is not there. */
bool
order_line_misses(const OrderLine *line, const OrderChange *change)
{
	return line->ordered.bookings == 0 && change->invoiced.bookings > 0;
}

/* Books what a row says to be released: once as it was (sign -1) and once as it is (sign 1). */
void
order_line_book(DeltaBatch *batch, const OrderLine *line, int sign)
{
	MappedRow row = {.counts = true, .has_date = true};

	if (!line->is_released || batch == NULL)
		return;
	row.service = cstring_to_text(line->place.service);
	row.participant = cstring_to_text(line->place.participant);
	row.booked_on = line->place.day;
	row.amount = line->amount;
	row.volume = line->volume;
	delta_add_row(batch, &row, sign);
}
