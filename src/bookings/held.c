/*
 * held.c
 *	  What a node must not raise before it has a cap, or entries, that the coordinator reckons with already.
 *
 * Whoever makes a cap, or gives entries another parent, is told by each node what it uses under that cap, and the node
 * says so after it has written down (steering.held_scope) that it raises nothing there. What raises usage then asks
 * whether that act is over. Of one that is, committed or not, the node knows all when it has applied the last change:
 * then nothing is held any more. While one is under way nobody waits for it: it may be about to be applied here, and
 * wait for us.
 */
#include "postgres.h"

#include "access/xact.h"

#include "bookings/delta.h"
#include "bookings/held.h"
#include "nodes/node_ask.h"
#include "nodes/node_call.h"
#include "nodes/this_node.h"
#include "rules/rulebook.h"
#include "settings.h"

/* Raises that it is not known yet by which caps bookings are judged. */
pg_noreturn static void
held_refuse(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("it cannot be known now which caps the coordinator sets over these bookings"),
			 errdetail_internal("%s", reason), errhint("The transaction can be repeated.")));
}

/* Asks the coordinator whether acts are over. 40001: one is not, or is not applied here, or nobody answers. */
static void
held_ask(const NodeRow *coordinator)
{
	NodeCall call = {.node = coordinator,
					 .columns = 1,
					 .query = "SELECT steering.settled_change()::pg_catalog.text"};
	char **answer;

	node_call_all(list_make1(&call), steering_node_timeout);
	if (call.error != NULL)
		held_refuse(
			psprintf(_("Coordinator \"%s\": %s"), coordinator->name, node_call_reason(&call)));
	answer = call.rows == NIL ? NULL : linitial(call.rows);
	if (answer == NULL || answer[0] == NULL)
		held_refuse(_("An act that makes a cap or moves an entry is under way."));
	node_ask_check_change(strtoi64(answer[0], NULL, 10));
}

/* Has the coordinator say that nothing is held any more. A database that is no node any more holds nothing. */
static void
held_ask_if_node(void)
{
	const NodeRow *coordinator;

	if (this_node_id() <= NODE_COORDINATOR)
		return;
	coordinator = node_row_find(NODE_COORDINATOR);
	if (coordinator == NULL)
		held_refuse(_("it is not known how to connect to the coordinator"));
	held_ask(coordinator);
}

/*
 * Ends what is held, if it is over. Others learn it by the table; but where the transaction cannot see what others do
 * there, the rows are left to the next one.
 */
static void
held_release(List *scopes)
{
	held_ask_if_node();
	rulebook_end_held(scopes);
	if (!IsolationUsesXactSnapshot())
		held_scope_forget();
	rulebook_reenter_booking();
}

/* Tells whether a delta raises what is held: where its days differ by that, it is of one (delta_day.c). */
static bool
held_is_raised(const Delta *delta, const List *scopes)
{
	const DeltaKey *key = &delta->key;

	return key->service != NULL &&
		   held_scope_is_raised(scopes, key->service->id, key->participant->id, key->day,
								&delta->change);
}

/* Tells whether a batch raises what is held. */
static bool
held_is_raised_by(DeltaBatch *batch, const List *scopes)
{
	bool raised = false;
	int count;
	Delta *deltas = delta_list(batch, &count);

	for (int i = 0; i < count && !raised; i++)
		raised = held_is_raised(&deltas[i], scopes);
	pfree(deltas);
	return raised;
}

/* Refuses, with 40001, what batches raise and is held; what they lower passes. The caller has joined the bookings. */
void
held_check(List *batches)
{
	List *scopes = rulebook_held();
	ListCell *cell;

	if (likely(scopes == NIL) || this_node_is_applying())
		return;
	foreach(cell, batches)
	{
		if (!held_is_raised_by(lfirst(cell), scopes))
			continue;
		held_release(scopes);
		return;
	}
}

/* The same for a source that was counted anew, and comes to something else: whatever it is. */
void
held_check_recount(void)
{
	List *scopes = rulebook_held();

	if (unlikely(scopes != NIL) && !this_node_is_applying())
		held_release(scopes);
}
