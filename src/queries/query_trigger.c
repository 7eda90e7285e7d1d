/*
 * query_trigger.c
 *	  The triggers by which the tables of a query are followed; see trigger_set.h.
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "utils/rel.h"

#include "queries/query_trigger.h"
#include "sources/merge_rule.h"
#include "sources/trigger_set.h"

/* After TRUNCATE all rows are compared: what it took is what stands in the booking table, and not in the query. */
static const TriggerSet query_triggers = {
	.triggers =
		{
			{"sp71_steering_follow_insert", "follow_query", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_INSERT,
			 false, true},
			{"sp71_steering_follow_update", "follow_query", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_UPDATE,
			 true, true},
			{"sp71_steering_follow_delete", "follow_query", TRIGGER_TYPE_AFTER, TRIGGER_TYPE_DELETE,
			 true, false},
			{"sp71_steering_follow_truncate", "follow_query", TRIGGER_TYPE_AFTER,
			 TRIGGER_TYPE_TRUNCATE, false, false},
			{"sp71_steering_follow_watch", "follow_query", TRIGGER_TYPE_BEFORE, TRIGGER_SET_ROWS,
			 false, false},
		},
	.count = 5,
};

/*
 * Creates those of the triggers that rel does not have, see trigger_set_create(); and the rule that keeps MERGE, of
 * which triggers are told wrongly, away from a partitioned table.
 */
void
query_trigger_create(Relation rel)
{
	trigger_set_create(&query_triggers, rel);
	merge_rule_create(rel);
}

/* Drops the triggers of a table, see trigger_set_drop(), and its rule unless it is a source. */
void
query_trigger_drop(Oid relid)
{
	trigger_set_drop(&query_triggers, relid);
	merge_rule_drop(relid);
}

/* Tells whether any trigger of rel follows queries, under whatever name. */
bool
query_trigger_exists(Relation rel)
{
	return trigger_set_exists(&query_triggers, rel);
}

/*
 * Tells whether all of these tables, those of a query, have triggers. While a dump is being restored they have not, and
 * the query is left alone. The tables are not locked: those who restore it side by side hold one each.
 */
bool
query_trigger_are_made(List *relids)
{
	bool made = true;
	ListCell *cell;

	foreach(cell, relids)
		made &= trigger_set_stands(&query_triggers, lfirst_oid(cell));
	return made;
}

/* Tells whether one of our triggers has this name. */
bool
query_trigger_is_ours(const char *name)
{
	return trigger_set_names(&query_triggers, name);
}

/* Tells whether rel has a trigger of this name that passes for one of ours. */
bool
query_trigger_is_false(Relation rel, const char *name)
{
	return trigger_set_is_false(&query_triggers, rel, name);
}
