/*
 * attach_problem_cap.c
 *	  What the rows of a table that is to be attached would do to caps and closed periods; see
 *	  attach_problem.h.
 *
 * Only rows with which nothing else is wrong are charged. Where the table is a source already, its present
 * bookings are taken out first: with another mapping it would come in anew. Caps are read, and not locked, so
 * bookings that run meanwhile may make a difference.
 */
#include "postgres.h"

#include "access/table.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "ledger/counter.h"
#include "mapping/attempt.h"
#include "own.h"
#include "rules/cap_figures.h"
#include "rules/message.h"
#include "rules/verdict.h"
#include "sources/attach_problem.h"
#include "types/shown.h"

/* What a change is. */
typedef enum TrialChange
{
	TRIAL_COMES,    /* bookings that come */
	TRIAL_RELEASES, /* what these release of order lines */
	TRIAL_LEAVES    /* bookings that leave */
} TrialChange;

/* What a cap is charged. */
typedef struct TrialCharge
{
	int32 cap_id;
	char status;
	int128 leaves;
	int128 comes;
	int64 bookings; /* that come */
} TrialCharge;

#define SH_PREFIX trial_hash
#define SH_ELEMENT_TYPE TrialCharge
#define SH_KEY_TYPE int32
#define SH_KEY cap_id
#define SH_HASH_KEY(tb, k) murmurhash32(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "bookings/delta_relation.h"
#include "lib/simplehash.h"
#include "rules/rulebook.h"

/* Returns the closed period that a day lies in, or NULL. */
const ClosedRange *
attach_trial_closed(DateADT day)
{
	const ClosedDays *days = rulebook_closed_days();

	return days == NULL ? NULL : closed_days_find(days, day);
}

/*
 * Notes a row in a closed period. Whether commitments are refused depends on all of a day, so one of them is
 * a candidate until attach_trial_judge().
 */
void
attach_trial_note_closed(AttachTrial *trial, const ClosedRange *closed, const Mapping *row)
{
	bool is_commitment = trial->source->is_commitment;
	AttachProblem found = {
		.kind = ATTACH_PERIOD_CLOSED,
		.problem = gettext_noop("period is closed"),
		.value = period_shown(closed->first_day, closed->end_day),
		.sqlstate = ERRCODE_PERIOD_CLOSED,
		.detail = message_closing(closed->closing_id, closed->closed_at),
		.hint =
			is_commitment
				? _("Commitments in it may not be raised; leave these rows out with counts_when.")
				: _("Leave these rows out with counts_when, or ask whoever closes periods to reopen "
					"this one with steering.reopen_period()."),
		.is_candidate = is_commitment,
	};

	(void) attach_problem_note(trial->problems, &found, row);
}

/* Makes a candidate a problem, where commitments of a day are raised. */
static void
trial_judge_closed(AttachTrial *trial, const Delta *delta)
{
	const ClosedRange *closed = attach_trial_closed(delta->key.day);
	AttachProblem found = {.kind = ATTACH_PERIOD_CLOSED,
						   .problem = gettext_noop("period is closed"),
						   .sqlstate = ERRCODE_PERIOD_CLOSED,
						   .is_candidate = true};

	if (closed == NULL || !trial->source->is_commitment ||
		(delta->change.amount <= 0 && delta->change.volume <= 0))
		return;
	found.value = period_shown(closed->first_day, closed->end_day);
	attach_problem_note(trial->problems, &found, NULL)->is_candidate = false;
}

/* Notes that a service requires a budget cap and has none on a day. */
static void
trial_note_no_cap(AttachTrial *trial, const Delta *delta)
{
	const DeltaKey *key = &delta->key;
	AttachProblem found = {
		.kind = ATTACH_CAP_MISSING,
		.problem = gettext_noop("required budget cap is missing"),
		.value = key->service->code,
		.sqlstate = metric_sqlstate(METRIC_REQUIRED),
		.detail = psprintf(_("None covers participant \"%s\", on %s for one."),
						   key->participant->code, day_shown(key->day)),
		.hint = _("Ask whoever steers the budgets to set one with steering.set_cap()."),
		.rows = delta->change.bookings,
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Notes a sum that is larger than what can be stored. */
static void
trial_note_too_large(AttachTrial *trial, const char *value, int64 rows)
{
	AttachProblem found = {
		.kind = ATTACH_SUM_TOO_LARGE,
		.problem = gettext_noop("sum is too large"),
		.value = value,
		.sqlstate = ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
		.detail = _("It is more than steering.amount holds."),
		.rows = rows,
	};

	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Charges a change to the caps over it. Tells whether a budget cap is. */
static bool
trial_charge(trial_hash_hash *charges, const Delta *delta, TrialChange kind)
{
	const CapList *caps = rulebook_caps(delta->key.service, delta->key.participant);
	bool is_budgeted = false;

	for (int i = 0; i < caps->count; i++)
	{
		const CapRef *cap = &caps->caps[i];
		int128 amount = metric_sum(cap->metric, &delta->change);
		TrialCharge *charge;
		bool found;

		if (!cap_ref_holds_on(cap, delta->key.day))
			continue;
		is_budgeted |= cap->metric == METRIC_REQUIRED;
		/* Also where nothing changes: how many bookings a cap would count is told. */
		charge = trial_hash_insert(charges, cap->cap_id, &found);
		if (!found)
			charge->leaves = charge->comes = charge->bookings = 0;
		if (kind == TRIAL_LEAVES)
			charge->leaves -= amount;
		else
			charge->comes += amount;
		if (kind == TRIAL_COMES)
			charge->bookings += delta->change.bookings;
	}
	return is_budgeted;
}

/* Orders changes by day, service and participant, so that the first of a kind is always the same. */
static int
trial_compare(const void *a, const void *b)
{
	const DeltaKey *left = &((const Delta *) a)->key;
	const DeltaKey *right = &((const Delta *) b)->key;

	if (left->day != right->day)
		return left->day < right->day ? -1 : 1;
	if (left->service == NULL || right->service == NULL)
		return (left->service == NULL) - (right->service == NULL);
	if (left->service->id != right->service->id)
		return left->service->id < right->service->id ? -1 : 1;
	return (left->participant->id > right->participant->id) -
		   (left->participant->id < right->participant->id);
}

/* Charges the bookings that come, and notes what is wrong with them by themselves. */
static void
trial_charge_coming(AttachTrial *trial, trial_hash_hash *charges)
{
	int count;
	Delta *deltas = delta_list(trial->batch, &count);

	qsort(deltas, count, sizeof(Delta), trial_compare);
	for (int i = 0; i < count; i++)
	{
		const Delta *delta = &deltas[i];

		CHECK_FOR_INTERRUPTS();
		if (delta->key.service == NULL)
			continue;
		if (!trial_charge(charges, delta, TRIAL_COMES) && delta->key.service->require_cap &&
			delta->change.amount > 0)
			trial_note_no_cap(trial, delta);
		if (!usage_sum_is_within(&delta->change, PG_INT64_MAX))
			trial_note_too_large(trial, delta->key.service->code, delta->change.bookings);
		trial_judge_closed(trial, delta);
	}
}

/* The bookings that leave: those of the table as it is attached now. */
typedef struct TrialLeaving
{
	AttachTrial *trial;
	DeltaBatch *batch;
} TrialLeaving;

/* Reads them. */
static void
trial_read_leaving(void *argument)
{
	const TrialLeaving *leaving = argument;
	ListCell *cell;

	foreach(cell, leaving->trial->relids)
	{
		Relation rel = table_open(lfirst_oid(cell), NoLock);

		if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
			delta_add_relation(leaving->batch, rel, -1, NULL);
		table_close(rel, NoLock);
	}
}

/* Begins a batch for the bookings of the table as it is attached now. */
static DeltaBatch *
trial_begin_leaving(const AttachTrial *trial)
{
	Relation root = table_open(trial->present->relid, AccessShareLock);
	DeltaBatch *batch = delta_begin(mapping_of(root), trial->context);

	table_close(root, NoLock);
	return batch;
}

/*
 * Returns the bookings that leave; NULL: there are none. By a mapping that does not work any more none are, and that
 * is noted.
 */
static DeltaBatch *
trial_leaving(AttachTrial *trial)
{
	TrialLeaving leaving = {trial};
	ErrorData *error;

	if (trial->present == NULL)
		return NULL;
	leaving.batch = trial_begin_leaving(trial);
	error = attempt(trial_read_leaving, &leaving);
	if (error == NULL)
		return leaving.batch;
	delta_end(leaving.batch);
	error->sqlerrcode = 0;
	error->hint =
		_("The present mapping of this source fails; what it has booked is not taken out.");
	attach_problem_note_error(trial->problems, ATTACH_WRONG_TABLE, "relation", trial->source->name,
							  error, NULL);
	return NULL;
}

/* Charges all of a batch, and ends it. */
static void
trial_charge_batch(trial_hash_hash *charges, DeltaBatch *batch, TrialChange kind)
{
	Delta *deltas;
	int count;

	if (batch == NULL)
		return;
	deltas = delta_list(batch, &count);
	for (int i = 0; i < count; i++)
		if (deltas[i].key.service != NULL)
			(void) trial_charge(charges, &deltas[i], kind);
	delta_end(batch);
}

/* Charges all that the rows do. */
static void
trial_charge_all(AttachTrial *trial, trial_hash_hash *charges)
{
	DeltaBatch *leaving;
	List *batches = list_make1(trial->batch);

	trial_charge_coming(trial, charges);
	leaving = trial_leaving(trial);
	if (leaving != NULL)
		batches = lappend(batches, leaving);
	trial_charge_batch(charges, attach_trial_foresee(trial, batches), TRIAL_RELEASES);
	trial_charge_batch(charges, leaving, TRIAL_LEAVES);
}

/* Fills in what the caller may know of a cap. */
static void
trial_add_figures(AttachProblem *found, const CapFigures *figures, const Verdict *verdict,
				  int128 used, int128 after)
{
	found->has_figures = rulebook_may_read_cap(figures, GetUserId());
	found->has_block = found->has_figures && verdict->blocks;
	found->amount = figures->amount;
	found->blocks_at = verdict->blocks_at;
	found->used = amount_clamp(used);
	found->after = after;
	found->detail = psprintf(_("Cap of service \"%s\" for participant \"%s\", %s to %s."),
							 figures->service, figures->participant, day_shown(figures->first_day),
							 day_shown(figures->end_day - 1));
}

/* Notes what a cap would say. */
static void
trial_note_cap(AttachTrial *trial, const CapFigures *figures, const TrialCharge *charge,
			   Amount present)
{
	int128 used = (int128) present - charge->leaves;
	int128 after = used + charge->comes;
	Verdict verdict =
		verdict_judge(figures->amount, figures->ladder, amount_clamp(used), amount_clamp(after));
	const char *metric = metric_name(figures->metric);
	AttachProblem found = {.metric = metric,
						   .value = psprintf("%d", figures->cap_id),
						   .rows = charge->bookings};

	/* More than an amount holds is a problem by itself; for the verdict the end of the scale will do. */
	if (after != amount_clamp(after))
		trial_note_too_large(trial, psprintf("cap %d", figures->cap_id), charge->bookings);
	if (verdict.action == VERDICT_OK)
		return;
	found.kind = verdict.refuses ? ATTACH_CAP_EXCEEDED : ATTACH_CAP_STEP;
	found.problem =
		psprintf(verdict.refuses ? "%s cap is exceeded" : "%s cap reaches a step of its ladder",
				 metric);
	trial_add_figures(&found, figures, &verdict, used, after);
	if (verdict.refuses && !trial->request->accepts_overrun)
		found.sqlstate = metric_sqlstate(figures->metric);
	if (verdict.refuses)
		found.hint =
			trial->request->accepts_overrun
				? _("accept_overrun lets it pass; then bookings may only lower its usage until "
					"there is room.")
				: _("Lower or release other bookings under this cap, ask whoever steers it to "
					"raise it with steering.set_cap(), or attach with accept_overrun => true.");
	(void) attach_problem_note(trial->problems, &found, NULL);
}

/* Judges what all rows together would do. Those with which something is wrong are not counted. */
void
attach_trial_judge(AttachTrial *trial)
{
	trial_hash_hash *charges = trial_hash_create(trial->context, 64, NULL);
	Relation counters = table_open(own_relation(OWN_CAP_COUNTER), AccessShareLock);
	trial_hash_iterator iterator;
	TrialCharge *charge;

	trial_charge_all(trial, charges);
	trial_hash_start_iterate(charges, &iterator);
	while ((charge = trial_hash_iterate(charges, &iterator)) != NULL)
	{
		const CapFigures *figures;
		Amount used;
		int32 revision;

		CHECK_FOR_INTERRUPTS();
		if (!counter_read(counters, charge->cap_id, &used, &revision))
			continue;
		figures = cap_figures_of(charge->cap_id, revision);
		/* A copy: the cache is bounded, and the next cap may empty it. */
		if (figures != NULL)
			trial_note_cap(trial, cap_figures_copy(figures), charge, used);
	}
	table_close(counters, NoLock);
}
