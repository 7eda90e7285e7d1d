/*
 * order_line.c
 *	  Order lines, and what is released of them: the only user of order_line_row.c, which writes steering.order_line.
 *
 * A row per key has what is ordered under it and what is invoiced, each summed over the rows of finance tables, and
 * what is released of the order by that: all of what was invoiced, up to what was ordered; or all that was ordered,
 * where an invoice was the last. The table is a source of commitments, whose rows count for what was released with
 * its sign turned, on the place of the order. So order and release together are what is still open, and the rest of
 * the engine, reports and verify() need to know nothing of it.
 *
 * It is written with the statement that changes what is ordered or invoiced, before that is judged, and is judged
 * with it: by the net effect, so that an invoice within its order needs no room.
 *
 * Locks. Rows are locked in the order of their keys, before counters: so single statements never deadlock with each
 * other. Of two that change one order line the second waits, and goes on from what the first has committed; under
 * REPEATABLE READ and SERIALIZABLE that is 40001.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "bookings/order_line.h"
#include "bookings/order_line_row.h"
#include "rules/message.h"

/* A change of order lines that is going on. */
typedef struct OrderLines
{
	OrderLineTable table;
	DeltaBatch *released; /* what that does to what is released; NULL: that is counted anew */
	bool mends;           /* it is so already: nothing is refused */
} OrderLines;

/* Raises that a key names order lines on several places. */
static void
order_line_refuse_place(const OrderChange *change)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_UNIQUE_VIOLATION),
		 errmsg("order line \"%s\" is in rows of several services, participants, days or sources",
				change->reference),
		 errdetail("A row of source \"%s\" has its key.", change->source->name),
		 errhint(
			 "The argument \"reference\" of steering.attach() is the key of one order line, and "
			 "of all sources no two may have the same.")));
}

/* Raises that an order line is not there. */
static void
order_line_refuse_unknown(const OrderChange *change)
{
	ereport(ERROR,
			(errcode(ERRCODE_BOOKING_KEY_UNKNOWN),
			 errmsg("order line \"%s\" is unknown", change->reference),
			 errdetail("A row of source \"%s\" releases it.", change->source->name),
			 errhint("Book the order first, or in the same statement. A source that was attached "
					 "with unknown => 'ignore' takes rows whose order is missing.")));
}

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
 * not counted either. Returns whether all is on one place then.
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
	is_one &= line->ordered.bookings == 0;
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

/* Refuses rows that came and release an order line which is not there, unless the source says otherwise. */
static void
order_line_check_known(const OrderLine *line, OrderChange *const *changes, int count)
{
	for (int i = 0; i < count; i++)
		if (line->ordered.bookings == 0 && changes[i]->invoiced.bookings > 0 &&
			!changes[i]->source->ignores_unknown)
			order_line_refuse_unknown(changes[i]);
}

/* Returns the row as changes of one key make it. */
static OrderLine
order_line_change(const OrderLine *before, OrderChange *const *changes, int count,
				  const OrderLines *lines)
{
	OrderLine line = *before;

	if (!order_line_add_ordered(&line, order_places_list(changes, count)) && !lines->mends)
		order_line_refuse_place(changes[0]);
	for (int i = 0; i < count; i++)
	{
		usage_sum_add(&line.invoiced, &changes[i]->invoiced);
		line.finals += changes[i]->finals;
	}
	if (!lines->mends)
		order_line_check_known(&line, changes, count);
	order_line_release(&line);
	return line;
}

/* Books what a row says to be released: once as it was (sign -1) and once as it is (sign 1). */
static void
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

/* Makes changes of one key. */
static void
order_line_follow(OrderLines *lines, OrderChange *const *changes, int count)
{
	const char *reference = changes[0]->reference;
	OrderLine before;
	OrderLine after;

	for (;;)
	{
		bool found = order_line_lock(&lines->table, reference, &before);

		CHECK_FOR_INTERRUPTS();
		after = order_line_change(&before, changes, count, lines);
		if (found)
			order_line_update(&lines->table, reference, &after);
		if (found || order_line_insert(&lines->table, reference, &after))
			break;
	}
	order_line_book(lines->released, &before, -1);
	order_line_book(lines->released, &after, 1);
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

/* Takes the changes out of a list that come to nothing; returns how many are left. */
static int
order_changes_compact(OrderChange **list, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (!order_change_is_nothing(list[i]))
			list[kept++] = list[i];
	return kept;
}

/* Makes all changes of a list, key by key. */
static void
order_lines_follow(OrderLines *lines, OrderChange **list, int count)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "sp71_steering order line",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	int next;

	qsort(list, count, sizeof(OrderChange *), order_change_compare);
	for (int i = 0; i < count; i = next)
	{
		for (next = i + 1; next < count && order_change_compare(&list[i], &list[next]) == 0; next++)
			;
		order_line_follow(lines, &list[i], next - i);
		MemoryContextReset(work);
	}
	order_line_close(&lines->table);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	/* The next change of this transaction may be one of the same rows. */
	CommandCounterIncrement();
}

/* Begins with what is released, as a batch of the table, which is a source. */
static void
order_lines_begin_released(OrderLines *lines)
{
	Mapping *mapping = mapping_of(lines->table.rel);

	if (mapping == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("table \"%s.%s\" has no row in steering.source", STEERING_SCHEMA,
						RelationGetRelationName(lines->table.rel)),
				 errhint("Attach a source with the argument \"reference\" or \"releases\", which "
						 "makes one; then call steering.repair().")));
	lines->released = delta_begin(mapping, CurrentMemoryContext);
	/* The mapping has read no row that could be named. */
	delta_refuse_first(lines->released);
}

/*
 * Follows what batches do to order lines. Returns what that releases, which is to be applied with them; NULL: they
 * have none. Rulebook entered; to be entered again after it, since it runs SQL.
 */
DeltaBatch *
order_lines_book(List *batches)
{
	OrderLines lines = {0};
	OrderChange **list;
	int count = 0;
	ListCell *cell;

	foreach(cell, batches)
		if (delta_orders(lfirst(cell)) != NULL)
			count += order_changes_count(delta_orders(lfirst(cell)));
	if (count == 0)
		return NULL;
	list = MemoryContextAllocHuge(CurrentMemoryContext, count * sizeof(OrderChange *));
	count = 0;
	foreach(cell, batches)
		if (delta_orders(lfirst(cell)) != NULL)
		{
			order_changes_list(delta_orders(lfirst(cell)), &list[count]);
			count += order_changes_count(delta_orders(lfirst(cell)));
		}
	count = order_changes_compact(list, count);
	if (count > 0)
	{
		order_line_open(&lines.table);
		order_lines_begin_released(&lines);
		order_lines_follow(&lines, list, count);
	}
	pfree(list);
	return lines.released;
}

/*
 * Follows changes that make the order lines what they should be, whatever they are. Returns what that releases, which
 * is to be applied, with books; else NULL: whoever calls counts it anew.
 */
DeltaBatch *
order_lines_mend(OrderChanges *changes, bool books)
{
	OrderLines lines = {.mends = true};
	int count = order_changes_count(changes);
	OrderChange **list = palloc((count + 1) * sizeof(OrderChange *));

	order_changes_list(changes, list);
	order_line_open(&lines.table);
	if (books)
		order_lines_begin_released(&lines);
	order_lines_follow(&lines, list, count);
	pfree(list);
	return lines.released;
}
