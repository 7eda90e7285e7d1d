/*
 * check.c
 *	  What the dry runs share: whether a row would be a booking, and what a cap would say of it.
 *
 * Enter the rulebook for reading, and pin it, before. A dry run has no source: messages name none.
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "bookings/check.h"
#include "bookings/expired.h"
#include "bookings/override.h"
#include "ledger/counter.h"
#include "own.h"
#include "own_shape.h"
#include "rules/message.h"
#include "rules/rulebook.h"
#include "types/shown.h"

/* Returns the closed period that a booking would be in; NULL: in none. */
const ClosedRange *
check_closed(const Booking *booking)
{
	const ClosedDays *days = rulebook_closed_days();

	return days == NULL ? NULL : closed_days_find(days, booking->day);
}

/* Raises what a booking in a closed period would be refused for: 23S74. */
static void
check_refuse_closed(const MappedRow *row, const Booking *booking)
{
	UsageSum change = {.amount = row->amount, .volume = row->volume, .bookings = 1};
	const ClosedRange *closed = check_closed(booking);

	Assert(closed != NULL);
	message_closed(*closed, booking->service->code, booking->participant->code,
				   psprintf(_("on %s"), day_shown(booking->day)), false, &change, InvalidOid, false,
				   false);
}

/* Raises what a row would be refused for; fault: which, if it is no booking. */
static void
check_refuse_for(CheckPhase phase, BookingFault fault, const MappedRow *row, const Booking *booking)
{
	switch (phase)
	{
		case CHECK_PHASE_FAULT:
			booking_refuse_for(NULL, row, booking, fault, NULL);
			break;
		case CHECK_PHASE_ORDER:
			message_unknown_order(text_to_cstring(row->releases), NULL);
			break;
		case CHECK_PHASE_NO_CAP:
			message_no_cap(NULL, booking->service->code, booking->participant->code, booking->day);
			break;
		case CHECK_PHASE_CLOSED:
			check_refuse_closed(row, booking);
			break;
	}
}

/* Refuses a row as a statement that books it would, for what was found to be wrong with it. */
void
check_refuse(CheckPhase phase, const MappedRow *row, const Booking *booking)
{
	check_refuse_for(phase, booking_fault(row, booking), row, booking);
}

/*
 * Returns what a row would be refused for; fault: which, if it is no booking. Nothing but a message is made
 * in between, and only refusals of ours are caught, so that there is nothing to clean up.
 */
ErrorData *
check_error(CheckPhase phase, BookingFault fault, const MappedRow *row, const Booking *booking)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		check_refuse_for(phase, fault, row, booking);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_BOOKING_KEY_UNKNOWN &&
			error->sqlerrcode != ERRCODE_BUDGET_CAP_EXCEEDED &&
			error->sqlerrcode != ERRCODE_PERIOD_CLOSED)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	Assert(error != NULL);
	return error;
}

/* Tells whether bookings that come to this much on a day are refused for want of a budget cap. */
bool
check_wants_cap(const Booking *booking, bool budgeted, int128 amount)
{
	return booking->service->require_cap && !budgeted && amount > 0;
}

/* Begins with the counters of no cap. */
void
check_counters_begin(CheckCounters *counters)
{
	initStringInfo(&counters->caps);
}

/* Says that the counter of a cap will be read. */
void
check_counters_add(CheckCounters *counters, int32 cap_id)
{
	appendStringInfo(&counters->caps, "%c%d", counters->caps.len == 0 ? '{' : ',', cap_id);
}

/* Opens the counters, and asks other nodes for theirs, of all caps at once. 55000: one does not answer. */
void
check_counters_open(CheckCounters *counters)
{
	counters->rel = own_open(OWN_CAP_COUNTER, AccessShareLock);
	appendStringInfoString(&counters->caps, counters->caps.len == 0 ? "{}" : "}");
	counters->elsewhere = elsewhere_counters(counters->caps.data);
}

/* Closes the counters. */
void
check_counters_close(CheckCounters *counters)
{
	table_close(counters->rel, NoLock);
}

/*
 * Returns the figures of a cap and what is used of it, without what is reserved and has expired; NULL where the caller
 * may not read them.
 */
const CapFigures *
check_figures(const CheckCounters *counters, int32 cap_id, Amount *used)
{
	const CapFigures *figures;
	int32 revision;

	/* Nothing is locked: others go on booking, and what is found here holds for this moment. */
	if (!counter_read(counters->rel, cap_id, used, &revision))
		return NULL;
	figures = cap_figures_of(cap_id, revision);
	if (figures == NULL || !rulebook_may_read_cap(figures, GetUserId()))
		return NULL;
	/* A copy: what follows may run SQL, after which the cache may be another. */
	figures = cap_figures_copy(figures);
	*used = amount_clamp((int128) *used + elsewhere_used(counters->elsewhere, cap_id) -
						 expired_under(figures));
	return figures;
}

/* Returns what a cap says of a change of its usage: one that overrides let pass is not refused. */
Verdict
check_judge(const CapFigures *figures, Amount used, Amount after)
{
	Refusal refusal = {.figures = figures, .before = used, .after = after};
	Verdict verdict = verdict_judge(figures->amount, figures->ladder, used, after);

	if (!verdict.refuses)
		return verdict;
	refusal.blocks_at = verdict.blocks_at;
	if (override_suffices(&refusal))
	{
		verdict.refuses = false;
		verdict.action = VERDICT_OVERRIDE;
	}
	return verdict;
}

/* Fills in what a cap says of a change of its usage. The figures are a copy. */
Verdict
check_fill(const CapFigures *figures, Amount used, Amount after, Datum *values, bool *nulls)
{
	Verdict verdict = check_judge(figures, used, after);

	Assert(rulebook_may_read_cap(figures, GetUserId()));
	values[CHECK_CAP] = Int32GetDatum(figures->cap_id);
	values[CHECK_SERVICE] = CStringGetTextDatum(figures->service);
	values[CHECK_PARTICIPANT] = CStringGetTextDatum(figures->participant);
	values[CHECK_METRIC] = CStringGetTextDatum(metric_name(figures->metric));
	values[CHECK_AMOUNT] = amount_to_numeric(figures->amount);
	values[CHECK_USED] = amount_to_numeric(used);
	values[CHECK_AFTER] = amount_to_numeric(after);
	nulls[CHECK_BLOCKS_AT] = nulls[CHECK_HEADROOM] = !verdict.blocks;
	if (verdict.blocks)
	{
		values[CHECK_BLOCKS_AT] = amount_to_numeric(verdict.blocks_at);
		values[CHECK_HEADROOM] = amount_sum_to_numeric((int128) verdict.blocks_at - used);
	}
	values[CHECK_VERDICT] = CStringGetTextDatum(verdict_action_name(verdict.action));
	return verdict;
}
