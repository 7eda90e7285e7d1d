/*
 * room.c
 *	  What caps that span nodes say of a change: by what this node may use, or by asking for more.
 *
 * A node that may use as much as it asks for books by itself. Else it asks the coordinator, over a connection of its
 * own, which lends what is free, and has other nodes give back what they do not use. Only when that is not enough,
 * and no other node can raise what it uses any more, is a step crossed, or the change refused: by what all nodes use
 * together. Each time anew, since others may have used less meanwhile.
 *
 * The asker holds its own counter as a whole, so that what it may use is given back by nobody before it commits. Others
 * who want that wait for it as long as a deadline says, and fail then (40001): so it never ends in a circle.
 */
#include "postgres.h"

#include "bookings/room.h"
#include "ledger/allotment.h"
#include "ledger/counter.h"
#include "nodes/node_ask.h"
#include "nodes/this_node.h"
#include "rules/cap_figures.h"

/* What is said where no step can act. */
static const Verdict room_quiet = {.action = VERDICT_OK, .step = -1, .warns = -1};

/*
 * Returns what is known here of a change from one usage of this node to another: that no step acts, or what the ladder
 * says; VERDICT_ASK where more must be known. The caller holds the counter.
 */
Verdict
room_judge(const CapFigures *figures, Amount before, Amount after)
{
	Allotment allotment = allotment_of(figures->cap_id);
	Verdict verdict = room_quiet;

	if (allotment.is_alone)
		return verdict_judge(figures->amount, figures->ladder,
							 allotment_total(before, allotment.elsewhere),
							 allotment_total(after, allotment.elsewhere));
	if (after > before && after > allotment.ceiling)
		verdict.action = VERDICT_ASK;
	return verdict;
}

/* Asks the coordinator for room for a change, and writes down what it lends. */
static Allotment
room_request(const Refusal *refusal)
{
	int32 cap_id = refusal->figures->cap_id;
	Allotment allotment;
	NodeRoom room;

	node_ask_for_room(cap_id, refusal->before, refusal->after, &room);
	allotment.is_alone = room.alone;
	allotment.elsewhere = room.elsewhere;
	allotment.ceiling = room.ceiling;
	Assert(room.alone || room.ceiling >= refusal->after);
	allotment_write(cap_id, &allotment);
	return allotment;
}

/*
 * Asks for room for a change on which a step may act, and tells whether one does: then the change is told of in what
 * all nodes use. Not where another cap refuses already, since the counter of this one is not held then: what is known
 * here has to do. Nor where a change of the coordinator is applied, which nobody refuses, and which it may wait for.
 *
 * The figures are a copy: this runs SQL. 40001: it cannot be known in time.
 */
bool
room_ask(Refusal *refusal, bool is_refused, Verdict *verdict)
{
	const CapFigures *figures = refusal->figures;
	Allotment allotment;

	if (is_refused || this_node_is_applying())
		allotment = allotment_of(figures->cap_id);
	else
		allotment = room_request(refusal);
	if (!allotment.is_alone)
		return false;
	refusal->before = allotment_total(refusal->before, allotment.elsewhere);
	refusal->after = allotment_total(refusal->after, allotment.elsewhere);
	*verdict = verdict_judge(figures->amount, figures->ladder, refusal->before, refusal->after);
	return verdict->action != VERDICT_OK;
}

/*
 * Has the coordinator know what this node uses of a cap, where that turns out to be more than it may use: nobody else is
 * to be lent that. The caller holds the counter as a whole. 40001: the coordinator does not answer in time.
 */
void
room_tell(int32 cap_id)
{
	Relation counters = counter_open();
	Refusal told = {0};
	Allotment allotment;
	int32 revision;

	if (counter_read(counters, cap_id, &told.after, &revision))
		told.figures = cap_figures_of(cap_id, revision);
	counter_close(counters);
	if (told.figures == NULL || !told.figures->spans)
		return;
	allotment = allotment_of(cap_id);
	if (allotment.is_alone || told.after <= allotment.ceiling)
		return;
	told.before = told.after;
	told.figures = cap_figures_copy(told.figures);
	(void) room_request(&told);
}
