/*
 * query_trigger.h
 *	  The triggers by which the tables of a query are followed.
 */
#ifndef SP71_QUERY_TRIGGER_H
#define SP71_QUERY_TRIGGER_H

#include "sp71_steering.h"

#include "nodes/pg_list.h"
#include "utils/relcache.h"

/*
 * How the names of triggers begin by which a query over shards is asked for: on the first table, with one argument,
 * before DELETE, which none of the set is. A number follows at once, so that it is not taken for that of a shard.
 */
#define QUERY_TRIGGER_ASKED "sp71_steering_query"

extern void query_trigger_create(Relation rel);
extern void query_trigger_drop(Oid relid);
extern bool query_trigger_exists(Relation rel);
extern bool query_trigger_are_made(List *relids);
extern bool query_trigger_is_ours(const char *name);
extern bool query_trigger_is_false(Relation rel, const char *name);

#endif
