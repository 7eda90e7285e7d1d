/*
 * counter_stripe.c
 *	  Making a change in one stripe of a counter, and dividing stripes where backends would wait; see
 *	  counter.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "ledger/allotment.h"
#include "ledger/counter_stripe.h"
#include "ledger/heap_row.h"
#include "ledger/heap_row_list.h"
#include "ledger/heap_row_write.h"
#include "rules/cap_figures.h"
#include "rules/rulebook.h"
#include "settings.h"

#define COUNTER_WAYS 4    /* a stripe divides into so many */
#define COUNTER_LOOK 1000 /* changes after which a backend looks whether others use the counter */

static StripedTable striped_counters = {.key_size = sizeof(int32)}; /* by cap */

typedef enum CounterAttempt
{
	ATTEMPT_DONE,
	ATTEMPT_AGAIN, /* somebody came first: look at the same stripe again */
	ATTEMPT_STALE, /* the stripes are not as remembered */
	ATTEMPT_BUSY,  /* somebody holds it, and the change would fit */
	ATTEMPT_FULL,  /* the change does not fit */
	ATTEMPT_UNSEEN /* our snapshot cannot see it */
} CounterAttempt;

/* Looks up the stripes of a counter, if there are no hints. */
void
counter_load_stripes(CounterTask *task)
{
	HeapKey key;
	List *rows;
	ListCell *cell;

	if (task->stripes == NULL)
		task->stripes =
			stripe_hints_of(&striped_counters, RelationGetRelid(task->rel), &task->cap_id);
	if (task->stripes->count > 0)
		return;
	key = counter_key(task->rel, task->cap_id);
	rows = heap_row_list(&key);
	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);

		stripe_hints_remember(&striped_counters, task->stripes, COUNTER_FORM(tuple)->stripe,
							  COUNTER_FORM(tuple)->depth, &tuple->t_self);
	}
	stripe_hints_order(task->stripes);
	list_free_deep(rows);
	Assert(task->stripes->count == 0 || task->stripes->preferred < task->stripes->count);
	if (task->stripes->count == 0)
		counter_missing(task->cap_id);
}

/* Returns the number of the i-th new stripe when a stripe of this depth divides. */
static int64
counter_child(int32 stripe, int32 depth, int i)
{
	return stripe + (int64) i * ((int64) 1 << (2 * depth));
}

/* Returns how many new stripes a stripe may make. */
static int
counter_max_children(const CounterForm *form)
{
	int children = 0;

	while (children < COUNTER_WAYS - 1 &&
		   counter_child(form->stripe, form->depth, children + 1) < steering_max_stripes)
		children++;
	return children;
}

/*
 * Decides whether a stripe divides with this change, and sets the new stripes' share. Called with
 * the change made in form; before is what it held without it.
 *
 * A whole counter divides only where no step acts on the change or on what comes after it.
 */
static void
counter_plan_division(CounterTask *task, CounterForm *form, Amount before)
{
	int children = counter_max_children(form);

	task->children = 0;

	/* Stripes cost whoever gathers or reads, so they are made where somebody was in the way, or by setting. */
	if (children == 0 || (!task->contended &&
						  task->stripes->count >= Min(steering_min_stripes, steering_max_stripes)))
		return;
	if (form->depth == 0)
	{
		const CapFigures *figures = cap_figures_of(task->cap_id, form->revision);

		/*
		 * Not locked yet. Whoever revises the cap meanwhile, or takes back what this node may use of it,
		 * writes this row, and then the write of ours fails.
		 */
		if (figures == NULL || !allotment_is_quiet(figures, before, form->used, &form->zone))
			return;
	}
	if (zone_divide(&form->zone, form->used, children, task->delta, &task->share))
	{
		task->children = children;
		form->depth++;
	}
}

/* Makes the new stripes of one that has divided. */
static void
counter_insert_children(CounterTask *task, const CounterForm *parent)
{
	for (int i = 1; i <= task->children; i++)
	{
		CounterForm child = *parent;
		HeapTuple tuple;

		child.used = 0;
		child.zone = task->share;
		/* Nobody else can use these numbers: only who holds the parent may. */
		child.stripe = (int32) counter_child(parent->stripe, parent->depth - 1, i);
		tuple = counter_form_tuple(task->rel, &child);
		heap_row_insert(task->rel, tuple);
		Assert(child.stripe < steering_max_stripes);
		stripe_hints_remember(&striped_counters, task->stripes, child.stripe, child.depth,
							  &tuple->t_self);
		heap_freetuple(tuple);
	}
}

/* Writes the change into a version of a stripe that the change fits in. */
static CounterAttempt
counter_attempt_write(CounterTask *task, HeapVersion *version)
{
	CounterForm *form = COUNTER_FORM(version->tuple);
	bool whole = form->depth == 0;
	Amount before = form->used;
	TransactionId writer = HeapTupleHeaderGetXmin(version->tuple->t_data);

	Assert(whole || zone_has_room(&form->zone, form->used, task->delta));
	form->used = amount_narrow(form->used + task->delta);
	counter_plan_division(task, form, before);
	switch (heap_row_write(task->rel, version->tuple, whole || task->patient))
	{
		case HEAP_WRITTEN:
			break;
		case HEAP_BUSY:
			/* Locked to be gathered: a dirty snapshot does not say by whom. */
			task->patient = true;
			return ATTEMPT_BUSY;
		case HEAP_CHANGED:
			/* Somebody changed it between our look and our lock, and has committed. */
			task->contended = true;
			return ATTEMPT_AGAIN;
		case HEAP_UNSEEN:
			return ATTEMPT_UNSEEN;
	}
	stripe_hints_remember(&striped_counters, task->stripes, form->stripe, form->depth,
						  &version->tuple->t_self);
	if (task->children > 0)
		counter_insert_children(task, form);
	changed_counter_hold(task->changed, version->tuple);
	if (whole)
		task->changed->writer = writer;
	return ATTEMPT_DONE;
}

/* Tries to make the change in one stripe. */
static CounterAttempt
counter_attempt(CounterTask *task, StripeHint *hint)
{
	HeapKey key = counter_stripe_key(task->rel, task->cap_id, hint->stripe);
	HeapVersion version;
	CounterForm *form;
	CounterAttempt result;

	if (!heap_row_look(&key, &hint->tid, &version))
		return ATTEMPT_STALE;
	form = COUNTER_FORM(version.tuple);
	hint->tid = version.tuple->t_self;
	if (version.inserting)
	{
		/* Who divides the counter is putting it in. It is ours to use once that transaction is over. */
		task->holder = version.holder;
		result = ATTEMPT_BUSY;
	}
	/* It has divided, or was folded: the stripes are others than we think. */
	else if (form->depth != hint->depth)
		result = ATTEMPT_STALE;
	/* As far as is committed. Its holder may make room or take some: neither is worth waiting for here. */
	else if (form->depth > 0 && !zone_has_room(&form->zone, form->used, task->delta))
		result = ATTEMPT_FULL;
	/* A stripe that is not the only one: another may be free. A whole counter is waited for, in writing. */
	else if (form->depth > 0 && TransactionIdIsValid(version.holder))
	{
		task->holder = version.holder;
		result = ATTEMPT_BUSY;
	}
	else
		result = counter_attempt_write(task, &version);
	heap_freetuple(version.tuple);
	return result;
}

/* Tries all stripes, beginning with this backend's favourite. */
static CounterAttempt
counter_attempt_all(CounterTask *task)
{
	CounterAttempt result = ATTEMPT_FULL;
	int count = task->stripes->count;

	for (int i = 0; i < count; i++)
	{
		StripeHint *hint = &task->stripes->list[(task->stripes->preferred + i) % count];
		CounterAttempt attempt;

		do
		{
			CHECK_FOR_INTERRUPTS();
			attempt = counter_attempt(task, hint);
		} while (attempt == ATTEMPT_AGAIN);
		if (attempt == ATTEMPT_DONE || attempt == ATTEMPT_STALE)
			return attempt;
		/*
		 * To wait for one stripe in which it fits beats gathering, which waits for all. One that cannot be
		 * seen is no reason to fail as long as another helps.
		 */
		if (attempt == ATTEMPT_BUSY || result == ATTEMPT_FULL)
			result = attempt;
	}
	return result;
}

/* Tells whether nobody but this backend changed the other stripes since it last looked. */
bool
counter_is_left_alone(CounterTask *task)
{
	bool alone = true;

	if (task->stripes->count == 1 || ++task->stripes->changes < COUNTER_LOOK ||
		task->stripes->count <= steering_min_stripes)
		return false;
	task->stripes->changes = 0;
	for (int i = 0; i < task->stripes->count; i++)
	{
		StripeHint *hint = &task->stripes->list[i];
		HeapKey key = counter_stripe_key(task->rel, task->cap_id, hint->stripe);
		HeapVersion version;

		/* Somebody has folded the counter where it is gone. */
		if (!heap_row_look(&key, &hint->tid, &version))
			return false;
		if (!ItemPointerEquals(&hint->tid, &version.tuple->t_self) ||
			TransactionIdIsValid(version.holder))
			alone = false;
		hint->tid = version.tuple->t_self;
		heap_freetuple(version.tuple);
	}
	return alone;
}

/* Makes the transaction's first change of a counter. Returns whether it was made in one stripe. */
bool
counter_change_stripe(CounterTask *task)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		task->holder = InvalidTransactionId;
		counter_load_stripes(task);
		switch (counter_attempt_all(task))
		{
			case ATTEMPT_DONE:
				return true;
			case ATTEMPT_STALE:
				stripe_hints_forget(task->stripes);
				break;
			case ATTEMPT_BUSY:
				task->contended = true;
				/*
				 * Who holds it may commit, abort, or divide: look again then. Without a holder to wait for,
				 * the next attempt waits as it writes (patient).
				 */
				if (TransactionIdIsValid(task->holder))
					XactLockTableWait(task->holder, NULL, NULL, XLTW_None);
				break;
			case ATTEMPT_UNSEEN:
				heap_row_serialization_failure();
				break;
			case ATTEMPT_FULL:
			case ATTEMPT_AGAIN:
				/* Nothing is locked yet, so the caller may lock all stripes in order. */
				return false;
		}
	}
}
