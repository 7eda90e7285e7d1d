/*
 * check.c
 *	  What the dry runs share: whether a row would be a booking, and what a cap would say of it.
 *
 * Enter the rulebook for reading, and hold it, before. A dry run has no source: messages name none.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "bookings/check.h"
#include "ledger/counter.h"
#include "rules/message.h"
#include "types/shown.h"

/* Tells whether an entry of a register takes part on a day. */
static bool
check_takes_part(const RegisterNode *node, DateADT day)
{
	return day >= node->first_day && day < node->end_day;
}

/* Finds service, participant and day of a row; false when it would be no booking. */
bool
check_resolve(const MappedRow *row, DeltaKey *key)
{
	key->service = row->service == NULL ? NULL
										: rulebook_service(VARDATA_ANY(row->service),
														   VARSIZE_ANY_EXHDR(row->service));
	key->participant = row->participant == NULL
						   ? NULL
						   : rulebook_participant(VARDATA_ANY(row->participant),
												  VARSIZE_ANY_EXHDR(row->participant));
	key->day = row->booked_on;
	return key->service != NULL && key->participant != NULL && row->has_date &&
		   !DATE_NOT_FINITE(key->day) && check_takes_part(key->service, key->day) &&
		   check_takes_part(key->participant, key->day);
}

/* Raises what a row that would be no booking would be refused for: 23S73. */
static void
check_refuse_key(const MappedRow *row, const DeltaKey *key)
{
	if (key->service == NULL)
		message_unknown_code(NULL, "service", row->service);
	if (key->participant == NULL)
		message_unknown_code(NULL, "participant", row->participant);
	if (!row->has_date || DATE_NOT_FINITE(row->booked_on))
		message_unknown_date(NULL, row);
	if (!check_takes_part(key->service, row->booked_on))
		message_not_valid_on(NULL, "service", key->service, row->booked_on);
	message_not_valid_on(NULL, "participant", key->participant, row->booked_on);
}

/* Returns the closed period that a booking would be in; NULL: in none. */
const ClosedRange *
check_closed(const DeltaKey *key)
{
	const ClosedDays *days = rulebook_closed_days();

	return days == NULL ? NULL : closed_days_find(days, key->day);
}

/* Raises what a booking in a closed period would be refused for: 23S74. */
static void
check_refuse_closed(const MappedRow *row, const DeltaKey *key)
{
	UsageSum change = {.amount = row->amount, .volume = row->volume, .bookings = 1};
	const ClosedRange *closed = check_closed(key);

	message_closed(*closed, key->service->code, key->participant->code,
				   psprintf("on %s", day_shown(key->day)), false, &change, InvalidOid, false,
				   false);
}

/* Raises what a statement that books a row would, which was found to be refused for this. */
void
check_refuse(CheckPhase phase, const MappedRow *row, const DeltaKey *key)
{
	switch (phase)
	{
		case CHECK_PHASE_KEY:
			check_refuse_key(row, key);
			break;
		case CHECK_PHASE_NO_CAP:
			message_no_cap(NULL, key->service->code, key->participant->code, key->day);
			break;
		case CHECK_PHASE_CLOSED:
			check_refuse_closed(row, key);
			break;
	}
}

/*
 * Returns what a statement would raise. Nothing but a message is made in between, and only refusals of
 * ours are caught, so that there is nothing to clean up.
 */
ErrorData *
check_error(CheckPhase phase, const MappedRow *row, const DeltaKey *key)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		check_refuse(phase, row, key);
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
	return error;
}

/* Tells whether a cap over the service and the participant of a booking holds its day. */
bool
check_is_under(const DeltaKey *key, const CapRef *cap)
{
	return key->day >= cap->first_day && key->day < cap->end_day;
}

/* Tells whether bookings that come to this much on a day are refused for want of a budget cap. */
bool
check_wants_cap(const DeltaKey *key, bool budgeted, int128 amount)
{
	return key->service->require_cap && !budgeted && amount > 0;
}

/* Returns the figures of a cap and what is used of it; NULL where the caller may not read them. */
const CapFigures *
check_figures(Relation counters, int32 cap_id, Amount *used)
{
	const CapFigures *figures;
	int32 revision;

	if (!counter_read(counters, cap_id, used, &revision))
		return NULL;
	figures = cap_figures_of(cap_id, revision);
	return figures != NULL && cap_figures_may_read(figures, GetUserId()) ? figures : NULL;
}

/* Fills in what a cap says of a change of its usage. */
Verdict
check_fill(const CapFigures *figures, Amount used, Amount after, Datum *values, bool *nulls)
{
	Verdict verdict = verdict_judge(figures->amount, figures->ladder, used, after);

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
