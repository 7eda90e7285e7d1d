/*
 * catch_up.c
 *	  catch_up(): a node fetches what it has missed of the outbox, and applies it in order.
 *
 * Rows that have come here by themselves, but were not applied, as where triggers did not fire, are taken first. The
 * others are inserted, and the trigger applies them. All of it is one transaction; others that apply changes here wait.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "nodes/node_call.h"
#include "nodes/this_node.h"
#include "own.h"
#include "scaling/change_apply.h"
#include "scaling/outbox.h"
#include "settings.h"

#define CATCH_UP_ROWS 100 /* fetched at once */

/* Columns of what the coordinator is asked for. */
enum
{
	CATCH_UP_NUMBER,
	CATCH_UP_BODY, /* NULL: there is no row */
	CATCH_UP_LAST, /* number of the last row there ever was */
	CATCH_UP_COLUMNS
};

PG_FUNCTION_INFO_V1(steering_catch_up);
PG_FUNCTION_INFO_V1(steering_last_change);

/* Applies the row of the outbox here that is next; false: there is none. Within own_spi. */
static bool
catch_up_here(void)
{
	static const char query[] =
		"SELECT number, body FROM steering.outbox WHERE number = (SELECT applied + 1 FROM steering.this_node)";

	if (own_spi_execute(query, 0, NULL, NULL, NULL) == 0)
		return false;
	change_apply_next(DatumGetInt64(own_spi_column(0, 1, NULL)), own_spi_column(0, 2, NULL));
	return true;
}

/* Asks the coordinator for so many rows from a number on; one without a body, if there are none. */
static List *
catch_up_fetch(int64 first, int count)
{
	NodeCall call = {.node = node_row_find(NODE_COORDINATOR), .columns = CATCH_UP_COLUMNS};

	call.query =
		psprintf("SELECT told.number::text, told.body::text, steering.last_change()::text"
				 " FROM (SELECT 1) AS one LEFT JOIN (SELECT number, body FROM steering.outbox"
				 "  WHERE number >= %lld ORDER BY number LIMIT %d) AS told ON true"
				 " ORDER BY told.number",
				 (long long) first, count);
	if (call.node == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("it is not known how to connect to the coordinator"),
						errhint("Insert it into steering.node on this node, with number 0.")));
	node_call_all(list_make1(&call), steering_node_timeout);
	if (call.error != NULL)
		ereport(ERROR, (errcode(call.sqlstate != 0 ? call.sqlstate : ERRCODE_CONNECTION_FAILURE),
						errmsg("the coordinator does not tell what has changed: %s", call.error)));
	return call.rows;
}

/* Puts rows into the outbox here. Within own_spi. */
static void
catch_up_insert(List *rows)
{
	static const char query[] =
		"INSERT INTO steering.outbox (number, body) VALUES ($1::bigint, $2::jsonb)";
	Oid types[] = {TEXTOID, TEXTOID};
	ListCell *cell;

	foreach(cell, rows)
	{
		char **row = lfirst(cell);
		Datum values[2];

		CHECK_FOR_INTERRUPTS();
		if (row[CATCH_UP_BODY] == NULL)
			break;
		values[0] = CStringGetTextDatum(row[CATCH_UP_NUMBER]);
		values[1] = CStringGetTextDatum(row[CATCH_UP_BODY]);
		(void) own_spi_execute(query, lengthof(types), types, values, NULL);
	}
}

/* Refuses to catch up with a coordinator that does not have, or not any more, what this node has applied. */
static void
catch_up_refuse(int64 number)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the coordinator does not have change %lld any more as it was applied here",
					(long long) number),
			 errdetail(
				 "One of both was restored to an earlier state, unless the coordinator is just "
				 "about to commit it."),
			 errhint("Restore the coordinator to its last state, or have this node leave and join "
					 "again: steering.drop_node() and steering.add_node() on the coordinator, "
					 "with the tables here detached.")));
}

/*
 * Checks that the coordinator is the one that has told what was applied here last: it knows of as many changes, and the
 * row of that change, if both have it still, says the same. Within own_spi.
 */
static void
catch_up_check_same(int64 applied)
{
	static const char query[] =
		"SELECT FROM steering.outbox WHERE number = $1::bigint AND body <> $2::jsonb";
	Oid types[] = {TEXTOID, TEXTOID};
	char **first = linitial(catch_up_fetch(applied, 1));
	Datum values[2];

	if (strtoi64(first[CATCH_UP_LAST], NULL, 10) < applied)
		catch_up_refuse(applied);
	if (first[CATCH_UP_BODY] == NULL || strtoi64(first[CATCH_UP_NUMBER], NULL, 10) != applied)
		return;
	values[0] = CStringGetTextDatum(first[CATCH_UP_NUMBER]);
	values[1] = CStringGetTextDatum(first[CATCH_UP_BODY]);
	if (own_spi_execute(query, lengthof(types), types, values, NULL) > 0)
		catch_up_refuse(applied);
}

/* Refuses to go on where the coordinator does not have the change that is next, but has later ones, or had. */
static void
catch_up_check_next(int64 applied, List *rows)
{
	char **first = linitial(rows);
	bool is_next = first[CATCH_UP_BODY] == NULL
					   ? strtoi64(first[CATCH_UP_LAST], NULL, 10) <= applied
					   : strtoi64(first[CATCH_UP_NUMBER], NULL, 10) == applied + 1;

	if (!is_next)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the coordinator does not have change %lld any more",
							   (long long) applied + 1),
						errhint("Have this node leave and join again: steering.drop_node() and "
								"steering.add_node() on the coordinator, with the tables here "
								"detached.")));
}

/* catch_up() */
Datum
steering_catch_up(PG_FUNCTION_ARGS)
{
	List *rows;
	int64 applied;
	OwnSpi spi;

	change_check_role();
	if (this_node_id() <= NODE_COORDINATOR)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("this database is no node of a coordinator")));
	own_spi_begin(&spi);
	catch_up_check_same(this_node_lock());
	while (catch_up_here())
		CHECK_FOR_INTERRUPTS();
	do
	{
		applied = this_node_lock();
		rows = catch_up_fetch(applied + 1, CATCH_UP_ROWS);
		catch_up_check_next(applied, rows);
		catch_up_insert(rows);
	} while (list_length(rows) == CATCH_UP_ROWS);
	applied = this_node_lock();
	own_spi_end(&spi);
	PG_RETURN_INT64(applied);
}

/* last_change() */
Datum
steering_last_change(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(outbox_last());
}
