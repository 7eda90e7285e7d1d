/*
 * query_locks_sql.c
 *	  The SQL that finds what is to be locked for rows of a query that were touched; see query_sql.h and query_lock.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "optimizer/optimizer.h"

#include "queries/query_locks_sql.h"
#include "queries/query_sql.h"

/* Tells whether who changes a table locks rows of another: who changes a lookup does not lock headers. */
bool
query_locks_sql_has_rows(const BookingQuery *query, int touched, int index)
{
	return index != touched && query->table[index].is_header &&
		   (touched == 0 || query->table[touched].is_header);
}

/* Returns the tables, by their places, that are needed to know what is to be locked. */
static Bitmapset *
query_locks_sql_path(const BookingQuery *query, int touched)
{
	Bitmapset *path = query_sql_path(query, touched);

	for (int i = 1; i < query->tables; i++)
	{
		if (query_locks_sql_has_rows(query, touched, i))
			path = bms_add_members(path, query_sql_path(query, i));
		if (i != touched && query->table[i].bucket.key != NULL)
			path = bms_add_members(path, pull_varnos(NULL, query->table[i].bucket.key));
	}
	/* What those need in their turn. */
	for (int i = query->tables - 1; i > 0; i--)
		if (bms_is_member(i + 1, path))
			path = bms_add_members(path, query_sql_path(query, i));
	return path;
}

/* Appends the tables by which it is known what is to be locked: all of them whether they have a match or not. */
static void
query_locks_sql_join(StringInfo sql, const BookingQuery *query, int touched)
{
	Bitmapset *path = query_locks_sql_path(query, touched);

	for (int i = 0; i < query->tables; i++)
	{
		const char *name = i == touched ? QUERY_TOUCHED : query_sql_name(query->table[i].relid);

		if (!bms_is_member(i + 1, path))
			continue;
		if (i == 0)
			appendStringInfo(sql, "%s AS t1", name);
		else
			appendStringInfo(sql, " %s %s AS t%d ON (sp71.on%d)",
							 i == touched ? "JOIN" : "LEFT JOIN", name, i + 1, i + 1);
	}
}

/*
 * Returns the query for what is to be locked, where rows of one table were touched, of the others in their order: of
 * those whose rows are locked the table and the place of the row, or null; and of each what refers to it, or null.
 */
char *
query_locks_sql(const BookingQuery *query, int touched)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT true");
	for (int i = 1; i < query->tables; i++)
	{
		if (i == touched)
			continue;
		if (query_locks_sql_has_rows(query, touched, i))
			appendStringInfo(&sql, ", t%d.tableoid, t%d.ctid", i + 1, i + 1);
		if (query->table[i].bucket.key != NULL)
			appendStringInfo(&sql, ", (sp71.key%d)", i + 1);
	}
	appendStringInfoString(&sql, " FROM ");
	query_locks_sql_join(&sql, query, touched);
	return sql.data;
}
