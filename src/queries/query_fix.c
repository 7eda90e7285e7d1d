/*
 * query_fix.c
 *	  Fixing the meaning of queries: after a restore or pg_upgrade as their text has it, and where columns that they
 *	  read are of other types.
 */
#include "postgres.h"

#include "fmgr.h"

#include "mapping/attempt.h"
#include "queries/booking_table.h"
#include "queries/query_check.h"
#include "queries/query_fix.h"
#include "queries/query_store.h"
#include "queries/query_text.h"

extern Datum steering_fix_mappings(PG_FUNCTION_ARGS);

/* Fixes the meaning of a query that is read by its text. */
static void
query_fix_work(void *argument)
{
	BookingQuery *query = query_store_load(*(int32 *) argument);

	if (query == NULL)
		return;
	query_store_tree(query);
	booking_table_depend(query);
}

/*
 * Fixes the meaning of a query that is not fixed, as its text has it now; false when it has none: then its owner is to
 * put it right.
 */
static bool
query_fix_try(int32 source_id)
{
	return query_store_is_fixed(source_id) || attempt(query_fix_work, &source_id) == NULL;
}

/*
 * Fixes the meaning of a query anew, over the columns that its tables have now. Raises what is wrong with that. Returns
 * what it is then. trees: of each table, itself and all that belong to it.
 */
BookingQuery *
query_fix_anew(BookingQuery *query, List *trees)
{
	Oid owner = booking_query_owner(query);
	Query *tree = query_text_parse_pinned(query_text_print(query->tree), owner);
	BookingQuery *fresh = booking_query_of_tree(tree, query->stage);

	fresh->source_id = query->source_id;
	query_check_tables(fresh, trees);
	query_check_expressions(fresh);
	query_store_tree(fresh);
	query_store_rename(fresh);
	return query_store_load(query->source_id);
}

PG_FUNCTION_INFO_V1(steering_fix_meanings);

/*
 * fix_mappings(): fixes the meaning of every mapping and query that has none fixed, as its text has it now; returns
 * how many could not be, of which health() tells.
 */
Datum
steering_fix_meanings(PG_FUNCTION_ARGS)
{
	int32 failed = DatumGetInt32(steering_fix_mappings(fcinfo));
	List *sources = query_store_list_all();
	ListCell *cell;

	foreach(cell, sources)
		if (!query_fix_try(lfirst_int(cell)))
			failed++;
	PG_RETURN_INT32(failed);
}
