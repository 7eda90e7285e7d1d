/*
 * room.c
 *	  What caps that span nodes say of a change: by what this node may use, or by asking for more.
 *
 * A node that may use as much as it asks for books by itself. Else it asks the coordinator, over a connection of its
 * own, which lends what is free, and has other nodes give back what they do not use. Only when that is not enough,
 * and no other node can raise what it uses any more, is a step crossed, or the change refused: by what all nodes use
 * together. Each time anew, since others may have used less meanwhile.
 *
 * A step that warns is crossed so as well. Above it whoever books is warned each time, but by what his node knows: what
 * it uses itself, and what others used when it was lent room. That need not be asked.
 *
 * The asker holds its own counter as a whole, so that what it may use is given back by nobody before it commits. Others
 * who want that wait for it as long as a deadline says, and fail then (40001): so it never ends in a circle.
 */
#include "postgres.h"

#include "bookings/room.h"
#include "ledger/allotment.h"
#include "ledger/counter.h"
#include "lending/held_usage.h"
#include "nodes/node_ask.h"
#include "nodes/this_node.h"
#include "rules/cap_figures.h"
#include "rules/message.h"

/* What is said where no step can act. */
static const Verdict room_quiet = {.action = VERDICT_OK, .step = -1, .warns = -1};

/* Returns what the ladder says of a change of usage of this node, with what others used when it was lent room. */
static Verdict
room_judge_known(const CapFigures *figures, const Allotment *allotment, Amount before, Amount after)
{
	return verdict_judge(figures->amount, figures->ladder,
						 allotment_total(before, allotment->elsewhere),
						 allotment_total(after, allotment->elsewhere));
}

/* Tells whether a step warns, and nothing else happens: none is crossed, and none refuses. */
static bool
room_only_warns(const Verdict *verdict)
{
	return verdict->warns >= 0 && verdict->crossed == 0 && !verdict->refuses;
}

/*
 * Returns what is known here of a change from one usage of this node to another: that no step acts, or what the ladder
 * says; VERDICT_ASK where more must be known. The caller holds the counter.
 */
Verdict
room_judge(const CapFigures *figures, Amount before, Amount after)
{
	Allotment allotment = allotment_of(figures->cap_id);
	Verdict verdict = room_quiet;

	if (allotment.is_alone || (allotment.warns && after > before))
		verdict = room_judge_known(figures, &allotment, before, after);
	if (allotment.is_alone || after <= before)
		return verdict;

	/* This node has sunk below the step, or others have: then it is not known whether it warns. */
	if (after > allotment.ceiling || (allotment.warns && !room_only_warns(&verdict)))
		verdict.action = VERDICT_ASK;
	return verdict;
}

/* Warns whoever books, by what is known here. */
static void
room_warn(const Refusal *refusal, const Allotment *allotment)
{
	const CapFigures *figures = refusal->figures;
	Verdict verdict = room_judge_known(figures, allotment, refusal->before, refusal->after);

	if (verdict.warns >= 0)
		message_warn_lent(figures,
						  ladder_threshold(&figures->ladder->steps[verdict.warns], figures->amount),
						  refusal->after, allotment->elsewhere, refusal->relid);
}

/*
 * Warns of a change of which the ladder does nothing but that, by what is known here. False: it does something else. Not
 * where another cap refuses.
 */
bool
room_warn_only(const Refusal *refusal, const Verdict *verdict, bool is_refused)
{
	Allotment allotment;

	if (verdict->action == VERDICT_ASK || !room_only_warns(verdict))
		return false;
	allotment = allotment_of(refusal->figures->cap_id);
	if (!is_refused)
		room_warn(refusal, &allotment);
	return true;
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
	allotment.warns = room.warns;
	allotment.elsewhere = room.elsewhere;
	allotment.ceiling = room.ceiling;
	Assert(room.alone || room.ceiling >= refusal->after);
	allotment_write(cap_id, &allotment);
	return allotment;
}

/*
 * Tells whether what is known here of a cap has to do, and sets that: where another cap refuses already, since the counter
 * of this one is not held then; where a change of the coordinator is applied, which nobody refuses, and which it may wait
 * for; and where this transaction holds all other nodes, and knows what they use: its allotment may be gone when it is
 * about to commit.
 */
static bool
room_must_do(int32 cap_id, bool is_refused, Allotment *allotment)
{
	allotment->is_alone = held_usage_find(cap_id, &allotment->elsewhere);
	if (allotment->is_alone)
		return true;
	if (!is_refused && !this_node_is_applying())
		return false;
	*allotment = allotment_of(cap_id);
	return true;
}

/*
 * Asks for room for a change on which a step may act, unless what is known here has to do, and tells whether one does:
 * then the change is told of in what all nodes use.
 *
 * The figures are a copy: this runs SQL. 40001: it cannot be known in time.
 */
bool
room_ask(Refusal *refusal, bool is_refused, Verdict *verdict)
{
	const CapFigures *figures = refusal->figures;
	Allotment allotment = {0};

	if (!room_must_do(figures->cap_id, is_refused, &allotment))
	{
		allotment = room_request(refusal);
		if (allotment.warns)
			room_warn(refusal, &allotment);
	}
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
