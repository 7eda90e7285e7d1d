/*
 * follow_query.c
 *	  The triggers on the tables of queries: from what a statement has touched to what its bookings differ in.
 *
 * Each of them asks anew what the rows of the first table come to that its rows have to do with, and compares that
 * with what stands in the booking table. So it does not matter in which order triggers fire, nor what else the
 * statement does: the last one to fire finds what is true in the end.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/tuplestore.h"

#include "call.h"
#include "mapping/foreign_code.h"
#include "queries/booking_pairs.h"
#include "queries/query_cache.h"
#include "queries/query_lock.h"
#include "queries/query_place.h"
#include "rules/rulebook.h"

/* Checks that a call comes from a trigger as steering.attach_query() makes it. */
static void
follow_query_check_trigger(const TriggerData *trigger)
{
	if (!TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired for statements", "steering.follow_query")));
}

/*
 * Tells whether a statement has no rows for us. Before it begins, the trigger has the library loaded, which is all; see
 * bookings/cut_short.c.
 */
static bool
follow_query_is_empty(const TriggerData *trigger)
{
	if (TRIGGER_FIRED_BEFORE(trigger->tg_event))
		return true;
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		return false;
	return (trigger->tg_oldtable == NULL || tuplestore_tuple_count(trigger->tg_oldtable) == 0) &&
		   (trigger->tg_newtable == NULL || tuplestore_tuple_count(trigger->tg_newtable) == 0);
}

/*
 * Returns for which rows it is to be asked what they come to. Where no touched row of a joined table is there as it was and
 * as it is, a line joins one of them at most: no two of one moment can be joined, but where that was only promised.
 */
static QueryForm
follow_query_form(const BookingQuery *query, const TouchedRows *rows)
{
	if (rows->index == 0)
		return rows->has_keys_moved ? QUERY_OF_EITHER_LINE : QUERY_OF_LINES;
	return rows->has_keys_moved || query->has_promise || query->is_foreign ? QUERY_OF_JOINED
																		   : QUERY_OF_JOINED_ONCE;
}

/* Finds the rows that a statement has touched, for each place of its table. There may be none. */
static List *
follow_query_touched(const TriggerData *trigger, const QueryUse *use)
{
	List *touched = NIL;

	for (int index = use->index; index >= 0; index = query_place_next(use->query, index))
	{
		TouchedRows *rows = touched_rows_find(use->query, index, trigger);

		if (rows->count > 0)
			touched = lappend(touched, rows);
		else
			touched_rows_end(rows);
	}
	return touched;
}

/*
 * Follows what a statement has done to the rows of a query. What it comes to by one place is booked with what it comes to
 * by the others, and judged with that.
 */
static void
follow_query_rows(const TriggerData *trigger, const QueryUse *use)
{
	List *touched = follow_query_touched(trigger, use);
	ListCell *cell;

	if (touched == NIL)
		return;
	query_lock_touched(use->query, touched);
	rulebook_enter_booking();
	foreach(cell, touched)
	{
		TouchedRows *rows = lfirst(cell);

		booking_pairs_follow(use->query, follow_query_form(use->query, rows), rows->index, rows,
							 PAIRS_OF_STATEMENT);
		touched_rows_end(rows);
	}
	list_free(touched);
}

/* Follows TRUNCATE of a table of a query. */
static void
follow_query_truncate(const QueryUse *use)
{
	rulebook_enter_booking();
	booking_pairs_follow(use->query, QUERY_OF_ALL, 0, NULL, PAIRS_OF_TRUNCATE);
}

PG_FUNCTION_INFO_V1(steering_follow_query);

/* Statement trigger on the tables of queries: books what the statement changed of the bookings that they come to. */
Datum
steering_follow_query(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = call_trigger(fcinfo);
	QueryUse use = {0};
	int32 source_id = 0;

	follow_query_check_trigger(trigger);
	if (follow_query_is_empty(trigger))
		return PointerGetDatum(NULL);
	foreign_code_refuse_change(trigger->tg_relation);
	while (query_cache_next(trigger->tg_relation, source_id, &use))
	{
		source_id = use.query->source_id;
		if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
			follow_query_truncate(&use);
		else
			follow_query_rows(trigger, &use);
	}
	return PointerGetDatum(NULL);
}
