/*
 * check_run.c
 *	  The dry run of a set: what one statement that books all of these rows would be told.
 *
 * Rows are netted per service, participant and day, as those of a statement are. What is refused is
 * told in the order in which a statement would come upon it: rows that are no bookings, services that
 * require a cap and have none, closed periods, caps by their ids. So the first row with a SQLSTATE is
 * what the statement would raise, as far as the caller may read the caps.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "bookings/bookings_query.h"
#include "bookings/check.h"
#include "bookings/check_problem.h"
#include "bookings/check_run.h"
#include "bookings/order_foreseen.h"
#include "rules/message.h"
#include "rules/rulebook.h"

/* What rows come to on one day. */
typedef struct CheckSum
{
	Booking booking;
	char status;
	UsageSum change;
	int64 first_row;
} CheckSum;

#define SH_PREFIX check_sums
#define SH_ELEMENT_TYPE CheckSum
#define SH_KEY_TYPE Booking
#define SH_KEY booking
#define SH_HASH_KEY(tb, k)                                                                         \
	hash_combine(murmurhash32((uint32) (k).day),                                                   \
				 hash_combine(murmurhash32((k).service->id), murmurhash32((k).participant->id)))
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).day == (b).day && (a).service->id == (b).service->id &&                                   \
	 (a).participant->id == (b).participant->id)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* What rows come to under one cap. */
typedef struct CheckCharge
{
	int32 cap_id;
	char status;
	int128 delta;
	int64 bookings;
	int64 first_row;
} CheckCharge;

#define SH_PREFIX check_charges
#define SH_ELEMENT_TYPE CheckCharge
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* One dry run. */
typedef struct CheckRun
{
	ReturnSetInfo *result;
	BookingLookup lookup;
	check_sums_hash *sums;
	check_charges_hash *charges;
	CheckProblems *problems;
	OrderChanges *orders; /* that rows release */
} CheckRun;

/* Takes in what a row releases of an order line, if it does. A dry run has no source. */
static void
check_run_order(CheckRun *run, const MappedRow *row, const Booking *booking, int64 number)
{
	static const Source nowhere = {0};
	OrderChange *change = order_changes_add(run->orders, &nowhere, row, booking, 1);

	if (change != NULL && change->first_row == 0)
		change->first_row = number;
}

/* Takes in one row. */
static void
check_run_row(void *context, const MappedRow *row, int64 number)
{
	CheckRun *run = context;
	CheckSum *sum;
	Booking booking;
	bool found;

	if (!booking_resolve(&run->lookup, row, &booking))
	{
		check_problem_note(run->problems, CHECK_PHASE_FAULT, row, &booking, 1, number);
		return;
	}
	sum = check_sums_insert(run->sums, booking, &found);
	if (!found)
	{
		memset(&sum->change, 0, sizeof(UsageSum));
		sum->first_row = number;
	}
	sum->change.amount += row->amount;
	sum->change.volume += row->volume;
	sum->change.bookings++;
	check_run_order(run, row, &booking, number);
}

/* Finds what a cap is charged, or begins with nothing. */
static CheckCharge *
check_run_charged(CheckRun *run, const CapRef *cap)
{
	bool found;
	CheckCharge *charge = check_charges_insert(run->charges, cap->cap_id, &found);

	if (!found)
	{
		charge->delta = charge->bookings = 0;
		charge->first_row = PG_INT64_MAX;
	}
	return charge;
}

/* Charges what rows come to on one day to a cap that holds it. */
static void
check_run_charge(CheckRun *run, const CheckSum *sum, const CapRef *cap)
{
	CheckCharge *charge = check_run_charged(run, cap);

	charge->delta += metric_sum(cap->metric, &sum->change);
	charge->bookings += sum->change.bookings;
	charge->first_row = Min(charge->first_row, sum->first_row);
}

/* Notes rows that release an order line which is not there. */
static void
check_run_note_order(void *context, const OrderChange *change, OrderFault fault)
{
	CheckRun *run = context;
	MappedRow row = {.counts = true, .releases = cstring_to_text(change->reference)};
	Booking booking = {0};

	Assert(fault != ORDER_SEVERAL_PLACES);
	check_problem_note(run->problems, CHECK_PHASE_ORDER, &row, &booking, change->invoiced.bookings,
					   change->first_row);
}

/* Charges what is released of one order line, on its place. */
static void
check_run_release(CheckRun *run, const Delta *delta)
{
	const CapList *caps = rulebook_caps(delta->key.service, delta->key.participant);

	for (int i = 0; i < caps->count; i++)
		if (cap_ref_holds_on(&caps->caps[i], delta->key.day))
			check_run_charged(run, &caps->caps[i])->delta +=
				metric_sum(caps->caps[i].metric, &delta->change);
}

/* Charges what all rows release of order lines. */
static void
check_run_releases(CheckRun *run)
{
	DeltaBatch *released = order_lines_foresee(list_make1(run->orders), check_run_note_order, run);
	Delta *deltas;
	int count;

	if (released == NULL)
		return;
	deltas = delta_list(released, &count);
	for (int i = 0; i < count; i++)
		check_run_release(run, &deltas[i]);
	delta_end(released);
}

/* Charges what rows come to on one day to the caps over them, and notes what refuses them altogether. */
static void
check_run_sum(CheckRun *run, const CheckSum *sum)
{
	const Booking *booking = &sum->booking;
	const CapList *caps = rulebook_caps(booking->service, booking->participant);
	MappedRow row = {.counts = true};
	bool budgeted = false;

	Assert(sum->change.bookings > 0 && sum->first_row > 0);
	for (int i = 0; i < caps->count; i++)
	{
		if (!cap_ref_holds_on(&caps->caps[i], booking->day))
			continue;
		budgeted |= caps->caps[i].metric == METRIC_REQUIRED;
		check_run_charge(run, sum, &caps->caps[i]);
	}
	row.service = cstring_to_text(booking->service->code);
	row.participant = cstring_to_text(booking->participant->code);
	if (check_wants_cap(booking, budgeted, sum->change.amount))
		check_problem_note(run->problems, CHECK_PHASE_NO_CAP, &row, booking, sum->change.bookings,
						   sum->first_row);
	if (check_closed(booking) != NULL)
		check_problem_note(run->problems, CHECK_PHASE_CLOSED, &row, booking, sum->change.bookings,
						   sum->first_row);
}

/* Charges all rows. */
static void
check_run_sums(CheckRun *run)
{
	check_sums_iterator iterator;
	CheckSum *sum;

	check_sums_start_iterate(run->sums, &iterator);
	while ((sum = check_sums_iterate(run->sums, &iterator)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		check_run_sum(run, sum);
	}
}

/* Orders charges by cap. */
static int
check_charge_compare(const void *a, const void *b)
{
	int32 left = (*(CheckCharge *const *) a)->cap_id;
	int32 right = (*(CheckCharge *const *) b)->cap_id;

	return (left > right) - (left < right);
}

/* Puts out what a cap says, if the caller may read it. */
static void
check_run_put_cap(CheckRun *run, const CheckCounters *counters, const CheckCharge *charge)
{
	Datum values[CHECK_BOOKINGS_COLUMNS];
	bool nulls[CHECK_BOOKINGS_COLUMNS] = {false};
	const CapFigures *figures;
	Amount used;
	Verdict verdict;

	figures = check_figures(counters, charge->cap_id, &used);
	if (figures == NULL)
		return;
	verdict = check_fill(figures, used, amount_narrow(used + charge->delta), values, nulls);
	nulls[CHECK_SQLSTATE] = nulls[CHECK_PROBLEM] = !verdict.refuses;
	if (verdict.refuses)
	{
		values[CHECK_SQLSTATE] =
			CStringGetTextDatum(unpack_sql_state(metric_sqlstate(figures->metric)));
		values[CHECK_PROBLEM] = CStringGetTextDatum(message_exceeded(figures));
	}
	values[CHECK_BOOKINGS] = Int64GetDatum(charge->bookings);
	/* Under some caps is only what is released. */
	nulls[CHECK_FIRST_ROW] = charge->bookings == 0;
	values[CHECK_FIRST_ROW] = Int64GetDatum(charge->first_row);
	tuplestore_putvalues(run->result->setResult, run->result->setDesc, values, nulls);
}

/* Puts out what the caps say, in order. */
static void
check_run_put_caps(CheckRun *run)
{
	CheckCharge **list = palloc((run->charges->members + 1) * sizeof(CheckCharge *));
	CheckCounters counters;
	check_charges_iterator iterator;
	CheckCharge *charge;
	int count = 0;

	check_charges_start_iterate(run->charges, &iterator);
	while ((charge = check_charges_iterate(run->charges, &iterator)) != NULL)
		list[count++] = charge;
	qsort(list, count, sizeof(CheckCharge *), check_charge_compare);
	check_counters_begin(&counters);
	for (int i = 0; i < count; i++)
		check_counters_add(&counters, list[i]->cap_id);
	check_counters_open(&counters);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_run_put_cap(run, &counters, list[i]);
	}
	check_counters_close(&counters);
}

/* Makes the dry run of the rows of a query, which may have parameters; puts out what comes of it. */
void
check_run_query(ReturnSetInfo *result, const char *query, int nargs, Oid *types, Datum *values)
{
	CheckRun run = {.result = result, .lookup = {booking_find_in_rulebook}};

	run.sums = check_sums_create(CurrentMemoryContext, 64, NULL);
	run.charges = check_charges_create(CurrentMemoryContext, 64, NULL);
	run.problems = check_problems_begin();
	run.orders = order_changes_begin(CurrentMemoryContext);
	rulebook_enter_reading();
	rulebook_pin();
	bookings_query_run(query, nargs, types, values, check_run_row, &run);
	check_run_sums(&run);
	check_run_releases(&run);
	check_problems_put(run.problems, result);
	check_run_put_caps(&run);
	rulebook_unpin();
}
