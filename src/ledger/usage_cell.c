/*
 * usage_cell.c
 *	  Usage cells: rows of steering.usage_cell, what was booked per source, service, participant and
 *	  month. Reports read them, and new caps are counted from them.
 *
 * A cell has no limit but that its sum must fit. So its stripes need not know of each other as long as
 * each stays so small that all there may be fit together: a transaction changes one that is free, and
 * makes a new one where all are held, up to sp71_steering.max_stripes. A stripe is put in under a lock
 * that is held only while its number is chosen and the row inserted.
 *
 * Where a stripe would grow beyond that, the cell is gathered (usage_cell_gather.c): one row is made of
 * all, if their sum fits (else 22003). A row that large is the only one of its cell; nobody makes a
 * stripe beside it, and changes of it add up exactly.
 *
 * Nothing depends on what a cell says while bookings run, so a transaction adds up in memory what it
 * changes (changed_cell.c), and writes each cell once, when it commits: in the order of their keys, after the
 * counters of caps.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "ledger/heap_row.h"
#include "ledger/heap_row_list.h"
#include "ledger/heap_row_write.h"
#include "ledger/usage_cell.h"
#include "ledger/usage_cell_gather.h"
#include "settings.h"

#define USAGE_CELL_SEARCH_LEAST 16 /* cells to write for which a scan may be worth it */

static StripedTable striped_cells = {.key_size = sizeof(UsageCellKey)};

/* Cells in the order of their keys, of which a scan of the table is to say where their stripes stand. */
typedef struct UsageCellSearch
{
	Oid relid;
	const UsageCellKey **keys;
	int count;
} UsageCellSearch;

/* Orders a key and one of a list. */
static int
usage_cell_search_compare(const void *key, const void *member)
{
	return usage_cell_compare(key, *(const UsageCellKey *const *) member);
}

/* Remembers a row that a scan meets, if its cell is searched. */
static void
usage_cell_search_visit(HeapTuple tuple, void *argument)
{
	const UsageCellSearch *search = argument;
	const UsageCellForm *form = USAGE_CELL_FORM(tuple);
	StripeHints *stripes;

	if (bsearch(&form->key, search->keys, search->count, sizeof(UsageCellKey *),
				usage_cell_search_compare) == NULL)
		return;
	stripes = stripe_hints_of(&striped_cells, search->relid, &form->key);
	stripe_hints_remember(&striped_cells, stripes, form->stripe, 0, &tuple->t_self);
	stripe_hints_order(stripes);
}

/*
 * Finds out where the stripes of many cells stand, before each is added to: their keys, in order. One scan
 * of the table where that is less work than a look into the index for each cell of which nothing is known: a
 * page costs about as much. What it misses is found when the cell is added to, as with any hint.
 */
void
usage_cell_search(Relation rel, const UsageCellKey **keys, int count)
{
	UsageCellSearch search = {RelationGetRelid(rel), keys, count};
	BlockNumber pages = RelationGetNumberOfBlocks(rel);
	int unknown = 0;

	if (count < USAGE_CELL_SEARCH_LEAST || count < pages || count > STRIPE_HINTS_MAX_KEYS / 2)
		return;
	for (int i = 0; i < count; i++)
		unknown += stripe_hints_of(&striped_cells, search.relid, keys[i])->count == 0;
	if (unknown < USAGE_CELL_SEARCH_LEAST || unknown < pages)
		return;
	for (int i = 0; i < count; i++)
	{
		StripeHints *stripes = stripe_hints_of(&striped_cells, search.relid, keys[i]);

		stripes->absent = stripes->count == 0;
	}
	heap_row_scan(rel, usage_cell_search_visit, &search);
}

/*
 * Looks up the stripes of a cell, if there are no hints. There may be none. That a scan has met none is believed
 * once: who makes the first stripe then looks again.
 */
static void
usage_cell_load_stripes(UsageCellTask *task)
{
	HeapKey key;
	List *rows;
	ListCell *cell;

	task->stripes = stripe_hints_of(&striped_cells, RelationGetRelid(task->rel), task->key);
	if (task->stripes->count > 0 || task->stripes->absent)
	{
		task->stripes->absent = false;
		return;
	}
	key = usage_cell_key(task->rel, task->key);
	rows = heap_row_list(&key);
	foreach(cell, rows)
	{
		HeapTuple tuple = lfirst(cell);

		stripe_hints_remember(&striped_cells, task->stripes, USAGE_CELL_FORM(tuple)->stripe, 0,
							  &tuple->t_self);
	}
	stripe_hints_order(task->stripes);
	list_free_deep(rows);
}

/* Tells whether a row that holds this must be the only one of its cell. */
static bool
usage_cell_is_giant(const Usage *usage)
{
	UsageSum sum = {0};

	usage_sum_add_usage(&sum, usage);
	return !usage_sum_is_within(&sum, USAGE_CELL_STRIPE_MOST);
}

/*
 * Adds the change to what a stripe holds. False, and nothing was changed: whether it fits is for the cell
 * as a whole to say.
 */
static bool
usage_cell_put(const UsageCellTask *task, Usage *usage)
{
	UsageSum after = *task->delta;

	usage_sum_add_usage(&after, usage);
	if (!usage_sum_is_within(&after, USAGE_CELL_STRIPE_MOST) &&
		(task->stripes->count > 1 || !usage_cell_is_giant(usage)))
		return false;
	*usage = usage_narrow(&after);
	return true;
}

/* Tries to make the change in one stripe; *stale is set when it is not as remembered. */
static bool
usage_cell_attempt(UsageCellTask *task, StripeHint *hint, bool *stale)
{
	HeapKey key = usage_cell_stripe_key(task->rel, task->key, hint->stripe);
	HeapVersion version;

	CHECK_FOR_INTERRUPTS();
	if (!heap_row_look(&key, &hint->tid, &version))
	{
		*stale = true;
		return false;
	}
	hint->tid = version.tuple->t_self;
	if (TransactionIdIsValid(version.holder))
	{
		/* Not waited for here: another stripe may be free, or a new one is made. */
		task->holder = version.holder;
		return false;
	}
	if (!usage_cell_put(task, &USAGE_CELL_FORM(version.tuple)->usage))
	{
		task->full = true;
		return false;
	}
	switch (heap_row_write(task->rel, version.tuple, task->patient))
	{
		case HEAP_WRITTEN:
			hint->tid = version.tuple->t_self;
			return true;
		case HEAP_UNSEEN:
			task->unseen = true;
			return false;
		case HEAP_CHANGED:
			task->changed = true;
			return false;
		case HEAP_BUSY:
			/* Somebody came between our look and our write, or has it locked to fold it. */
			break;
	}
	return false;
}

/* Tries all stripes, beginning with this backend's favourite. */
static bool
usage_cell_attempt_all(UsageCellTask *task)
{
	int count = task->stripes->count;
	bool stale = false;

	for (int i = 0; i < count && !stale; i++)
		if (usage_cell_attempt(task, &task->stripes->list[(task->stripes->preferred + i) % count],
							   &stale))
			return true;
	if (stale)
	{
		stripe_hints_forget(task->stripes);
		task->changed = true;
	}
	return false;
}

/*
 * Returns the lowest number that no stripe has or is getting, or -1 where no more are allowed, or where one
 * row must be the only one: one that is there, or the new one. The cell is locked against new stripes.
 */
static int32
usage_cell_free_stripe(UsageCellTask *task)
{
	HeapKey key = usage_cell_key(task->rel, task->key);
	List *versions = heap_row_list_present(&key);
	Bitmapset *taken = NULL;
	int32 stripe = 0;
	ListCell *cell;

	task->whole = false;
	foreach(cell, versions)
	{
		const HeapVersion *version = lfirst(cell);
		const UsageCellForm *form = USAGE_CELL_FORM(version->tuple);

		/* Its number is taken, committed or not. If no other may be made, this is who is waited for. */
		if (version->inserting)
			task->holder = version->holder;
		taken = bms_add_member(taken, form->stripe);
		task->whole |= usage_cell_is_giant(&form->usage);
	}
	task->full |= versions != NIL && !usage_sum_is_within(task->delta, USAGE_CELL_STRIPE_MOST);
	if (task->whole || task->full)
		return -1;
	while (bms_is_member(stripe, taken))
		stripe++;
	return stripe < steering_max_stripes ? stripe : -1;
}

/* Makes a new stripe with the change in it; false: there may be none. */
static bool
usage_cell_create(UsageCellTask *task)
{
	int32 stripe;

	usage_cell_lock(task->rel, task->key);
	stripe = usage_cell_free_stripe(task);
	if (stripe >= 0)
	{
		HeapTuple tuple = usage_cell_form_tuple(task->rel, task->key, stripe, task->delta);

		heap_row_insert(task->rel, tuple);
		stripe_hints_remember(&striped_cells, task->stripes, stripe, 0, &tuple->t_self);
		heap_freetuple(tuple);
	}
	usage_cell_unlock(task->rel, task->key);
	return stripe >= 0;
}

/* Tells whether a new stripe is to be made before those that are there are tried. */
static bool
usage_cell_wants_more(UsageCellTask *task)
{
	return !task->whole && (task->stripes->count == 0 ||
							task->stripes->count < Min(steering_min_stripes, steering_max_stripes));
}

/* Makes a change in a stripe that is free, or in a new one, or else in the cell as a whole. */
static void
usage_cell_change(UsageCellTask *task)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		task->holder = InvalidTransactionId;
		task->unseen = task->changed = task->full = false;
		usage_cell_load_stripes(task);
		if (!usage_cell_wants_more(task) && usage_cell_attempt_all(task))
			return;
		if (task->changed)
			continue;
		if (!task->full && usage_cell_create(task))
			return;
		if (task->full)
		{
			usage_cell_gather(task);
			return;
		}
		if (TransactionIdIsValid(task->holder))
			XactLockTableWait(task->holder, NULL, NULL, XLTW_None);
		else if (task->unseen)
			heap_row_serialization_failure();
		else
			task->patient = true; /* locked to be folded: a dirty snapshot does not say by whom */
		stripe_hints_forget(task->stripes);
	}
}

/* Adds delta to a cell, which is made if it is not there. */
void
usage_cell_add(Relation rel, const UsageCellKey *key, const UsageSum *delta)
{
	UsageCellTask task = {.rel = rel, .key = key, .delta = delta};

	usage_cell_change(&task);
}
