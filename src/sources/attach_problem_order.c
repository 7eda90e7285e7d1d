/*
 * attach_problem_order.c
 *	  What the rows of a table that is to be attached would do to order lines; see attach_problem.h.
 */
#include "postgres.h"

#include "bookings/order_foreseen.h"
#include "rules/message.h"
#include "sources/attach_problem.h"

/* Returns how many rows order under a key. */
static int64
trial_ordered_rows(const OrderChange *change)
{
	int64 rows = 0;
	ListCell *cell;

	foreach(cell, change->ordered)
		rows += Max(((const OrderedChange *) lfirst(cell))->change.bookings, 0);
	return rows;
}

/* Notes an order line that is not there. */
static void
trial_note_unknown_order(AttachTrial *trial, const OrderChange *change)
{
	bool is_ignored = trial->source->ignores_unknown;
	AttachProblem found = {
		.kind = ATTACH_ORDER,
		.problem = gettext_noop("order line is unknown"),
		.argument = "releases",
		.value = change->reference,
		.sqlstate = is_ignored ? 0 : ERRCODE_BOOKING_KEY_UNKNOWN,
		.hint = is_ignored ? _("Such rows count, and release nothing until the order is booked.")
						   : _("Attach the orders first, or attach with unknown => 'ignore'."),
		.rows = change->invoiced.bookings,
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Notes a key that is in rows of several services, participants, days or sources. */
static void
trial_note_places(AttachTrial *trial, const OrderChange *change)
{
	AttachProblem found = {
		.kind = ATTACH_ORDER,
		.problem = gettext_noop("order line is on several places"),
		.argument = "reference",
		.value = change->reference,
		.sqlstate = ERRCODE_UNIQUE_VIOLATION,
		.detail = _("Its rows are of several services, participants, days or sources."),
		.hint = _("The key of an order line is one for all sources."),
		.rows = trial_ordered_rows(change),
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Notes a key that is too long. */
static void
trial_note_long(AttachTrial *trial, const OrderChange *change)
{
	bool is_order = change->ordered != NIL;
	AttachProblem found = {
		.kind = ATTACH_ORDER,
		.problem = gettext_noop("key of order line is too long"),
		.argument = is_order ? "reference" : "releases",
		.value = change->reference,
		.sqlstate = ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
		.hint = psprintf(_("It may have %d bytes."), ORDER_KEY_MOST_BYTES),
		.rows = is_order ? trial_ordered_rows(change) : change->invoiced.bookings,
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Notes what is wrong with an order line. */
static void
trial_note_order(void *context, const OrderChange *change, OrderFault fault)
{
	if (fault == ORDER_UNKNOWN)
		trial_note_unknown_order(context, change);
	else if (fault == ORDER_KEY_LONG)
		trial_note_long(context, change);
	else
		trial_note_places(context, change);
}

/* Returns what batches of bookings that come and leave would release of order lines; NULL: nothing. */
DeltaBatch *
attach_trial_foresee(AttachTrial *trial, List *batches)
{
	List *all = NIL;
	ListCell *cell;

	foreach(cell, batches)
		if (delta_orders(lfirst(cell)) != NULL)
			all = lappend(all, delta_orders(lfirst(cell)));
	return all == NIL ? NULL : order_lines_foresee(all, trial_note_order, trial);
}
