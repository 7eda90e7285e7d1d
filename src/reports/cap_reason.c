/*
 * cap_reason.c
 *	  What the caps over a booking say of it: rows of why_refused().
 *
 * A cap whose figures the role may read is told with all that counts in it. That another one applies is told
 * to who is reader of the participant, or may write a finance table: a refusal would tell them as much. What
 * it says of the booking is told to neither, or its room could be found by asking. Others learn nothing
 * at all: not even whether there are caps.
 *
 * Usage and its parts are of the active snapshot, as in any query: under REPEATABLE READ and SERIALIZABLE of
 * the transaction's. There, a counter that was changed since is told as well, since booking would fail.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "bookings/check.h"
#include "bookings/expired.h"
#include "ledger/changed_counter.h"
#include "ledger/counter_row.h"
#include "ledger/heap_row_list.h"
#include "own.h"
#include "own_shape.h"
#include "reports/cap_reason.h"
#include "reports/query_rows.h"
#include "reports/reason.h"
#include "rules/rulebook.h"
#include "types/shown.h"

/* The caps over one booking. */
typedef struct CapReasons
{
	ReturnSetInfo *result;
	const MappedRow *row;
	Relation counters;
	bool reads_all; /* the role may read every figure */
	List *caps;     /* CapReasons, in the order of their ids */
} CapReasons;

/* Finds what there is of a cap; one that was dropped meanwhile is left out. */
static void
cap_reasons_add(CapReasons *reasons, int32 cap_id)
{
	HeapKey key = counter_key(reasons->counters, cap_id);
	List *rows = heap_row_list(&key);
	const CapFigures *figures = NULL;
	CapReason *reason;

	if (rows != NIL)
		figures = cap_figures_of(cap_id, COUNTER_FORM((HeapTuple) linitial(rows))->revision);
	if (figures == NULL)
		return;
	reason = palloc0(sizeof(CapReason));
	/* The queries that follow may make the cache another. */
	reason->figures = cap_figures_copy(figures);
	reason->rows = rows;
	reason->may_read = rulebook_may_read_cap(reason->figures, GetUserId());
	reasons->caps = lappend(reasons->caps, reason);
}

/* Takes in the answer to a question. */
static void
cap_reasons_visit_answer(const TupleTableSlot *row, void *context)
{
	*(bool *) context = !row->tts_isnull[0] && DatumGetBool(row->tts_values[0]);
}

/* Tells whether the role may know which caps apply: it reads the participant, or could be refused. */
static bool
cap_reasons_may_know(const Booking *booking)
{
	bool may = rulebook_may_read(booking->participant->code, GetUserId());

	if (!may)
		query_visit_rows(psprintf("SELECT steering.may_book(%u)", GetUserId()),
						 cap_reasons_visit_answer, &may);
	return may;
}

/* Returns what the transaction has changed of a cap in all, written or not. */
static int128
cap_reason_own(int32 cap_id)
{
	const ChangedCounter *changed = changed_counter_find(cap_id);

	return changed == NULL ? 0 : changed->net;
}

/* Tells whether a counter has rows that the transaction's snapshot does not see: booking would fail. */
static bool
cap_reason_is_stale(const List *rows)
{
	Snapshot snapshot;
	ListCell *cell;

	if (!IsolationUsesXactSnapshot())
		return false;
	snapshot = GetTransactionSnapshot();
	foreach(cell, rows)
	{
		TransactionId xmin = HeapTupleHeaderGetXmin(((HeapTuple) lfirst(cell))->t_data);

		if (!TransactionIdIsCurrentTransactionId(xmin) && XidInMVCCSnapshot(xmin, snapshot))
			return true;
	}
	return false;
}

/* Begins a row about a cap. */
static void
cap_reason_begin(Reason *row, const char *code, const CapFigures *figures)
{
	reason_begin(row, code);
	reason_set(row, REASON_CAP, Int32GetDatum(figures->cap_id));
	reason_set_text(row, REASON_SERVICE, figures->service);
	reason_set_text(row, REASON_PARTICIPANT, figures->participant);
	reason_set_text(row, REASON_METRIC, metric_name(figures->metric));
}

/* Puts out that booking under a cap would fail, since it was changed after the snapshot was taken. */
static void
cap_reason_put_stale(const CapReasons *reasons, const CapFigures *figures)
{
	Reason row;

	cap_reason_begin(&row, "stale_snapshot", figures);
	reason_set_text(&row, REASON_SQLSTATE, unpack_sql_state(ERRCODE_T_R_SERIALIZATION_FAILURE));
	reason_set_text(&row, REASON_VERDICT, "refuse");
	reason_set_text(
		&row, REASON_EXPLANATION,
		_("What is used of this cap was changed since the present transaction took its "
		  "snapshot. Roll back and try again; under READ COMMITTED this does not happen."));
	reason_put(reasons->result, &row);
}

/* Puts out that a cap applies whose figures the role may not read. */
static void
cap_reason_put_hidden(const CapReasons *reasons, const CapFigures *figures)
{
	Reason row;

	cap_reason_begin(&row, "hidden_cap", figures);
	reason_set_text(
		&row, REASON_EXPLANATION,
		psprintf(_("This cap applies too, and may be what refuses the booking. Its figures "
				   "are for who reads participant \"%s\": ask there."),
				 figures->participant));
	reason_put(reasons->result, &row);
}

/* Puts out that stored usage is wrong, by the months' sums. */
static void
cap_reason_put_drift(const CapReasons *reasons, const CapReason *reason)
{
	const CapPart *part = reason->part;
	Reason row;

	cap_reason_begin(&row, "drift", reason->figures);
	reason_set_amount(&row, REASON_STORED, part->stored);
	reason_set_amount(&row, REASON_UNWRITTEN, (int128) part->used - part->stored);
	reason_set_text(
		&row, REASON_EXPLANATION,
		psprintf(_("Stored usage of this cap is %s, and its months come to %s: have the "
				   "bookings counted by steering.verify(), and mended by "
				   "steering.repair()."),
				 amount_shown(part->used), amount_shown(part->counted)));
	reason_put(reasons->result, &row);
}

/* Sets the columns for limit and usage of a cap. */
static void
cap_reason_set_figures(Reason *row, const CapReason *reason)
{
	const CapFigures *figures = reason->figures;
	const CapPart *part = reason->part;

	reason_set(row, REASON_VALID_FROM, DateADTGetDatum(figures->first_day));
	reason_set(row, REASON_VALID_TO, DateADTGetDatum(figures->end_day - 1));
	reason_set_amount(row, REASON_AMOUNT, figures->amount);
	if (reason->verdict.blocks)
		reason_set_amount(row, REASON_BLOCKS_AT, reason->verdict.blocks_at);
	reason_set_amount(row, REASON_STORED, part->stored + part->elsewhere);
	reason_set_amount(row, REASON_UNWRITTEN, (int128) part->used - part->stored);
	reason_set_amount(row, REASON_OWN, reason->own);
	/* What of usage on other nodes is committed is not asked for here. */
	if (part->has_commitments && part->elsewhere == 0)
		reason_set_amount(row, REASON_COMMITMENTS, part->commitments);
	reason_set_amount(row, REASON_AFTER, reason->after);
}

/* Sets the columns for what a cap says of the booking. */
static void
cap_reason_set_verdict(Reason *row, const CapReason *reason)
{
	bool refuses = reason->verdict.refuses;

	if (!cap_reason_fits(reason))
	{
		reason_set_text(row, REASON_SQLSTATE, unpack_sql_state(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE));
		reason_set_text(row, REASON_VERDICT, "refuse");
		return;
	}
	if (refuses)
		reason_set_text(row, REASON_SQLSTATE,
						unpack_sql_state(metric_sqlstate(reason->figures->metric)));
	reason_set_amount(row, REASON_MISSING, refuses ? reason->after - reason->verdict.blocks_at : 0);
	reason_set_text(row, REASON_VERDICT, verdict_action_name(reason->verdict.action));
}

/* Puts out what a cap says whose figures the role may read. */
static void
cap_reason_put(const CapReasons *reasons, const CapReason *reason)
{
	Reason row;

	cap_reason_begin(&row, "cap", reason->figures);
	cap_reason_set_figures(&row, reason);
	cap_reason_set_verdict(&row, reason);
	reason_set(&row, REASON_STRIPES, Int32GetDatum(reason->holders.stripes));
	reason_set(&row, REASON_HELD, Int32GetDatum(reason->holders.held));
	reason_set(&row, REASON_HELD_BY, stripe_holders_pids(&reason->holders));
	reason_set(&row, REASON_RAISED_BY, reason->raised_by);
	reason_set_text(&row, REASON_EXPLANATION, cap_reason_explain(reason));
	reason_put(reasons->result, &row);
}

/* Judges the booking by a cap, as a statement would. */
static void
cap_reason_judge(const CapReasons *reasons, CapReason *reason)
{
	const CapFigures *figures = reason->figures;
	UsageSum change = {reasons->row->amount, reasons->row->volume, 1};
	int128 used = reason->part->used + reason->part->elsewhere;

	reason->own = cap_reason_own(figures->cap_id);
	reason->expired = expired_under(figures);
	reason->delta = metric_sum(figures->metric, &change);
	reason->after = used - reason->expired + reason->delta;
	reason->verdict =
		check_judge(figures, amount_clamp(used - reason->expired), amount_clamp(reason->after));
	reason->holders = stripe_holders_of(reason->rows, reasons->reads_all);
}

/* Puts out what there is to say about one cap. */
static void
cap_reasons_put_cap(const CapReasons *reasons, CapReason *reason)
{
	if (!reason->may_read)
	{
		cap_reason_put_hidden(reasons, reason->figures);
		return;
	}
	if (cap_reason_is_stale(reason->rows))
		cap_reason_put_stale(reasons, reason->figures);
	if (reason->part == NULL)
		return;
	cap_reason_judge(reasons, reason);
	cap_reason_put(reasons, reason);
	if (reason->part->has_counted && reason->part->counted != reason->part->used)
		cap_reason_put_drift(reasons, reason);
}

/* Puts out what caps say. */
static void
cap_reasons_put(CapReasons *reasons, const List *caps)
{
	ListCell *cell;

	reasons->reads_all =
		pg_class_aclcheck(own_relation(OWN_CAP), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	reasons->counters = own_open(OWN_CAP_COUNTER, AccessShareLock);
	foreach(cell, caps)
		cap_reasons_add(reasons, ((const CapRef *) lfirst(cell))->cap_id);
	table_close(reasons->counters, NoLock);
	cap_part_read(reasons->caps);
	foreach(cell, reasons->caps)
	{
		CHECK_FOR_INTERRUPTS();
		cap_reasons_put_cap(reasons, lfirst(cell));
	}
}

/* Puts out that there is nothing to tell of caps. */
static void
cap_reasons_put_none(ReturnSetInfo *result, const char *code, const char *explanation)
{
	Reason row;

	reason_begin(&row, code);
	reason_set_text(&row, REASON_EXPLANATION, explanation);
	reason_put(result, &row);
}

/* Puts out what the caps over a booking say of it. caps: those of all dates, in the rulebook, which is held. */
void
cap_reason_put_all(ReturnSetInfo *result, const MappedRow *row, const Booking *booking,
				   const CapList *caps)
{
	CapReasons reasons = {.result = result, .row = row};
	List *over = NIL;

	for (int i = 0; i < caps->count; i++)
		if (cap_ref_holds_on(&caps->caps[i], booking->day))
			over = lappend(over, unconstify(CapRef *, &caps->caps[i]));
	if (!cap_reasons_may_know(booking))
		cap_reasons_put_none(
			result, "hidden_caps",
			psprintf(_("Which caps apply is told to who reads participant \"%s\" or "
					   "books; this role does neither."),
					 booking->participant->code));
	else if (over == NIL)
		cap_reasons_put_none(result, "no_cap", _("No cap applies on this day."));
	else
		cap_reasons_put(&reasons, over);
}
