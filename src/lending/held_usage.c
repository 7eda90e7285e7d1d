/*
 * held_usage.c
 *	  What other nodes use under caps of which they do not know yet that all of it counts there: a cap that is new, and one
 *	  that entries join.
 *
 * Each node is told which bookings that are, by numbers of entries, and has committed before it answers that it raises
 * nothing of it until the act is over and applied there (bookings/held.c). So what it says holds until then, whatever
 * becomes of the act; and the change that tells nodes of the act names its transaction, so that they know when it is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "lending/held_usage.h"
#include "nodes/node_ask.h"
#include "nodes/node_call.h"
#include "nodes/this_node.h"
#include "own.h"
#include "settings.h"

/* Columns of what a node answers. */
enum
{
	HELD_USAGE_CAP,
	HELD_USAGE_BEFORE,
	HELD_USAGE_AFTER,
	HELD_USAGE_COLUMNS
};

/* A cap under which nodes are held, and what they use of it together. */
typedef struct HeldCap
{
	int32 cap_id;
	Amount elsewhere;
	SubTransactionId part; /* of the transaction that has held them: rolled back, they are not */
} HeldCap;

static uint64 held_usage_last = 0;  /* the last transaction that has held nodes */
static List *held_usage_caps = NIL; /* under these caps; in its memory */

/* Returns the number of this transaction if it has held nodes; 0: it has not. */
uint64
held_usage_act(void)
{
	FullTransactionId mine = GetTopFullTransactionIdIfAny();

	return FullTransactionIdIsValid(mine) && U64FromFullTransactionId(mine) == held_usage_last
			   ? held_usage_last
			   : 0;
}

/* Tells whether this transaction holds nodes under a cap, so that nobody else can raise usage of it; sets what these use. */
bool
held_usage_find(int32 cap_id, Amount *elsewhere)
{
	if (held_usage_act() == 0)
		return false;
	for (int i = list_length(held_usage_caps) - 1; i >= 0; i--)
	{
		const HeldCap *held = list_nth(held_usage_caps, i);

		if (held->cap_id != cap_id)
			continue;
		*elsewhere = held->elsewhere;
		return true;
	}
	return false;
}

/* At the end of a part of the transaction what it has held is held by what it belongs to, or forgotten. */
static void
held_usage_subxact_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
							void *arg)
{
	ListCell *cell;

	if ((event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB) ||
		held_usage_act() == 0)
		return;
	foreach(cell, held_usage_caps)
	{
		HeldCap *held = lfirst(cell);

		if (held->part != mine)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			held->part = parent;
		else
			held_usage_caps = foreach_delete_current(held_usage_caps, cell);
	}
}

/* Notes that this transaction asks nodes. */
static void
held_usage_begin(void)
{
	static bool is_registered = false;

	if (!is_registered)
		RegisterSubXactCallback(held_usage_subxact_callback, NULL);
	is_registered = true;
	if (held_usage_act() == 0)
		held_usage_caps = NIL;
	held_usage_last = U64FromFullTransactionId(GetTopFullTransactionId());
}

/* Notes that nodes are held under caps, and what they use. */
static void
held_usage_note(List *usage)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	ListCell *cell;

	foreach(cell, usage)
	{
		const HeldUsage *held = lfirst(cell);
		HeldCap *cap = palloc(sizeof(HeldCap));

		cap->cap_id = held->cap_id;
		cap->elsewhere = held->after;
		cap->part = GetCurrentSubTransactionId();
		held_usage_caps = lappend(held_usage_caps, cap);
	}
	MemoryContextSwitchTo(caller);
}

/* Returns the question to nodes about caps, in the caller's memory. */
static char *
held_usage_question(List *caps)
{
	Datum *ids = palloc(list_length(caps) * sizeof(Datum));
	Oid types[] = {INT4ARRAYOID};
	MemoryContext caller = CurrentMemoryContext;
	char *scopes;
	Datum array;
	ListCell *cell;
	OwnSpi spi;

	foreach(cell, caps)
		ids[foreach_current_index(cell)] = Int32GetDatum(lfirst_int(cell));
	array = PointerGetDatum(
		construct_array(ids, list_length(caps), INT4OID, sizeof(int32), true, TYPALIGN_INT));
	own_spi_begin(&spi);
	(void) own_spi_execute("SELECT steering.cap_scopes($1)::text", 1, types, &array, NULL);
	scopes = MemoryContextStrdup(caller, own_spi_text(0, 1));
	own_spi_end(&spi);
	return psprintf("SELECT cap_id::pg_catalog.text, before::pg_catalog.text,"
					" after::pg_catalog.text FROM steering.hold_scopes(" UINT64_FORMAT ", %s)",
					held_usage_last, quote_literal_cstr(scopes));
}

/* Makes the calls that ask all nodes but this one. */
static List *
held_usage_calls(List *nodes, const char *question)
{
	List *calls = NIL;
	ListCell *cell;

	foreach(cell, nodes)
	{
		const NodeRow *node = lfirst(cell);
		NodeCall *call;

		if (node->node_id == NODE_COORDINATOR)
			continue;
		call = palloc0(sizeof(NodeCall));
		call->node = node;
		call->query = question;
		call->columns = HELD_USAGE_COLUMNS;
		calls = lappend(calls, call);
	}
	return calls;
}

/* Raises that a node has not said what it uses: 40001 if that can be repeated, else 55000. */
static void
held_usage_check(const NodeCall *call, int32 cap_id)
{
	const char *reason;

	if (call->error == NULL)
		return;
	reason = psprintf(_("Node \"%s\": %s"), call->node->name, node_call_reason(call));
	if (node_ask_passes(call->sqlstate))
		node_ask_refuse(cap_id, reason);
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("a node cannot say what it uses of cap %d", cap_id),
					errdetail_internal("%s", reason)));
}

/* Adds an amount that a node has answered to a sum. */
static void
held_usage_add(Amount *sum, const char *text)
{
	Amount amount;

	if (text == NULL || amount_parse(text, &amount) != AMOUNT_OK)
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("a node answers \"%s\", which is no amount", text ? text : "")));
	*sum = amount_clamp((int128) *sum + amount);
}

/* Adds what a node has answered to the usage of caps, in the same order. */
static void
held_usage_take(List *usage, const NodeCall *call)
{
	ListCell *cell;

	if (list_length(call->rows) != list_length(usage))
		ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
						errmsg("node \"%s\" does not answer for all caps", call->node->name)));
	foreach(cell, usage)
	{
		char **row = list_nth(call->rows, foreach_current_index(cell));
		HeldUsage *held = lfirst(cell);

		held_usage_add(&held->before, row[HELD_USAGE_BEFORE]);
		held_usage_add(&held->after, row[HELD_USAGE_AFTER]);
	}
}

/*
 * Returns what all other nodes use under caps, in the order of these, and has them raise nothing there until this
 * transaction is over and applied there; NIL: this is no coordinator, or has objects of a version before 0.8. Where there
 * are no other nodes, these use nothing: the caller is alone with the caps all the same.
 * Bookings are excluded, which is how nodes are told that the transaction goes on. 40001: a node does not answer in time.
 */
List *
held_usage_ask(List *caps)
{
	List *usage = NIL;
	List *calls;
	ListCell *cell;

	if (caps == NIL || !own_has_relation(OWN_HELD_SCOPE) || this_node_id() != NODE_COORDINATOR)
		return NIL;
	held_usage_begin();
	calls = held_usage_calls(node_row_list((Datum) 0, true), held_usage_question(caps));
	foreach(cell, caps)
	{
		HeldUsage *held = palloc0(sizeof(HeldUsage));

		held->cap_id = lfirst_int(cell);
		usage = lappend(usage, held);
	}
	node_call_all(calls, steering_node_timeout);
	foreach(cell, calls)
	{
		held_usage_check(lfirst(cell), linitial_int(caps));
		held_usage_take(usage, lfirst(cell));
	}
	held_usage_note(usage);
	return usage;
}
