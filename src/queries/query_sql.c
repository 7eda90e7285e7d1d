/*
 * query_sql.c
 *	  The SQL that is run for queries of bookings; see query_sql.h.
 *
 * It asks for pairs: what rows of the first table come to now, and what stands in the booking table. Tables are
 * called t1, t2 and so on, the booking table b, the keys of the rows k, what leads to them k2, k3 and so on. Names are
 * those of now: who keeps a plan makes the text anew when its tables are altered.
 */
#include "postgres.h"

#include "access/attnum.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"

#include "access/table.h"
#include "queries/query_sql.h"
#include "utils/rel.h"

/* Returns the tree that stands for a name in the SQL; NULL: none does. */
Node *
query_sql_tree(const BookingQuery *query, const char *name)
{
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (strcmp(name, query_column_name(column)) == 0)
			return query->columns[column];
	if (strcmp(name, "counts") == 0)
		return query->counts;
	if (strncmp(name, "key", 3) == 0)
		return query->table[atoi(name + 3) - 1].bucket.key;
	if (strncmp(name, "on", 2) == 0 || strncmp(name, "by", 2) == 0)
		return query->table[atoi(name + 2) - 1].condition;
	return NULL;
}

/* Returns the name of a table, qualified and quoted where needed. */
char *
query_sql_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

/* Returns the name of a column of the first table, quoted where needed. */
static const char *
query_sql_key(const BookingQuery *query, int key)
{
	return quote_identifier(
		get_attname(booking_query_lines(query), query->key[key].attribute, false));
}

/* Appends the columns of the key, of a table in the SQL, under the names of the booking table. */
static void
query_sql_keys(StringInfo sql, const BookingQuery *query, const char *table, bool by_attribute)
{
	for (int i = 0; i < query->keys; i++)
		appendStringInfo(sql, "%s%s.%s AS %s", i == 0 ? "" : ", ", table,
						 by_attribute ? query_sql_key(query, i)
									  : quote_identifier(query->key[i].name),
						 quote_identifier(query->key[i].name));
}

/* Appends that the keys of the rows are those of another table in the SQL. */
static void
query_sql_same_key(StringInfo sql, const BookingQuery *query, const char *keys, const char *table,
				   bool by_attribute)
{
	for (int i = 0; i < query->keys; i++)
		appendStringInfo(sql, "%s%s.%s %s %s.%s", i == 0 ? "" : " AND ", table,
						 by_attribute ? query_sql_key(query, i)
									  : quote_identifier(query->key[i].name),
						 query->key[i].equal, keys, quote_identifier(query->key[i].name));
}

/* Appends a table of the join. With touched the rows of it that were touched stand in its place. */
static void
query_sql_table(StringInfo sql, const BookingQuery *query, int index, int touched)
{
	const QueryTable *table = &query->table[index];
	const char *name = index == touched ? QUERY_TOUCHED : query_sql_name(table->relid);

	if (index == 0)
		appendStringInfo(sql, "%s AS t1", name);
	else
		appendStringInfo(sql, " %s %s AS t%d ON (sp71.on%d)",
						 table->is_left && index != touched ? "LEFT JOIN" : "JOIN", name, index + 1,
						 index + 1);
}

/* Returns the tables, by their places, that a table needs to be joined; itself included. */
Bitmapset *
query_sql_path(const BookingQuery *query, int index)
{
	Bitmapset *path = bms_make_singleton(index + 1);

	for (int i = index; i > 0; i--)
		if (bms_is_member(i + 1, path))
			path = bms_add_members(path, pull_varnos(NULL, query->table[i].condition));
	return bms_add_member(path, 1);
}

/* Appends the join of the tables of a path, or of all. */
static void
query_sql_join(StringInfo sql, const BookingQuery *query, const Bitmapset *path, int touched)
{
	for (int i = 0; i < query->tables; i++)
		if (path == NULL || bms_is_member(i + 1, path))
			query_sql_table(sql, query, i, touched);
}

/* Appends the keys of the rows that it is about, as a table k. */
static void
query_sql_touched(StringInfo sql, const BookingQuery *query, QueryForm form, int touched)
{
	appendStringInfo(sql, "(SELECT %s", form == QUERY_OF_LINES ? "" : "DISTINCT ");
	query_sql_keys(sql, query, form == QUERY_OF_JOINED ? "t1" : QUERY_TOUCHED, true);
	appendStringInfoString(sql, " FROM ");
	if (form == QUERY_OF_JOINED)
		query_sql_join(sql, query, query_sql_path(query, touched), touched);
	else
		appendStringInfoString(sql, QUERY_TOUCHED);
	appendStringInfoString(sql, ") AS k");
}

/* Appends the values that rows come to, each under the condition that there is a row that counts. */
static void
query_sql_now_values(StringInfo sql, const BookingQuery *query, const char *present)
{
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (query->columns[column] != NULL)
			appendStringInfo(sql, ", CASE WHEN %s THEN (sp71.%s)%s END AS %s", present,
							 query_column_name(column),
							 column == QUERY_AMOUNT || column == QUERY_VOLUME
								 ? "::pg_catalog.numeric"
								 : "",
							 query_column_name(column));
}

/* Appends values of a table in the SQL: of the booking table by the names that its columns have now. */
static void
query_sql_table_values(StringInfo sql, const BookingQuery *query, const char *table)
{
	bool is_booking_table = strcmp(table, "b") == 0;
	AttrNumber attribute = query->keys;

	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (query->columns[column] != NULL)
			appendStringInfo(sql, ", %s.%s", table,
							 is_booking_table ? quote_identifier(get_attname(query->booking_table,
																			 ++attribute, false))
											  : query_column_name(column));
}

/* Appends the name of a row that matches, as errors have it, as in (id)=(17). */
static void
query_sql_match_name(StringInfo sql, const QueryTable *table, int position)
{
	Relation rel = table_open(table->relid, AccessShareLock);
	Bitmapset *key = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	StringInfoData names;
	StringInfoData values;
	int member = -1;

	initStringInfo(&names);
	initStringInfo(&values);
	while ((member = bms_next_member(key, member)) >= 0)
	{
		char *name = get_attname(table->relid, member + FirstLowInvalidHeapAttributeNumber, false);

		appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", name);
		appendStringInfo(&values, ", t%d.%s", position, quote_identifier(name));
	}
	if (names.len == 0)
	{
		appendStringInfoString(&names, "tableoid, ctid");
		appendStringInfo(&values, ", t%d.tableoid::pg_catalog.regclass, t%d.ctid", position,
						 position);
	}
	appendStringInfo(
		sql,
		", %s OPERATOR(pg_catalog.||) pg_catalog.concat_ws(', '%s) OPERATOR(pg_catalog.||) ')' AS match%d",
		quote_literal_cstr(psprintf("(%s)=(", names.data)), values.data, position);
	table_close(rel, AccessShareLock);
}

/* Appends how many matches a row has, and what they are called, where that is promised to be one. */
static void
query_sql_matches_of(StringInfo sql, const BookingQuery *query, const char *keys)
{
	if (!query->has_promise)
		return;
	appendStringInfoString(sql, ", pg_catalog.count(t1.tableoid) OVER (PARTITION BY ");
	for (int i = 0; i < query->keys; i++)
		appendStringInfo(sql, "%s%s.%s", i == 0 ? "" : ", ", keys,
						 strcmp(keys, "t1") == 0 ? query_sql_key(query, i)
												 : quote_identifier(query->key[i].name));
	appendStringInfoString(sql, ") AS matches");
	for (int i = 1; i < query->tables; i++)
		if (query->table[i].is_promised)
			query_sql_match_name(sql, &query->table[i], i + 1);
}

/* Returns the condition, in SQL, that rows count. */
static const char *
query_sql_counts(const BookingQuery *query)
{
	return query->counts == NULL ? "true" : "(sp71.counts)";
}

/*
 * Makes the pairs of some rows. Where matches are promised all of them are looked at, whether they count or not; else
 * rows that do not count are left out at once.
 */
static void
query_sql_some(StringInfo sql, const BookingQuery *query, QueryForm form, int touched)
{
	const char *present = query->has_promise ? psprintf("(t1.tableoid IS NOT NULL AND %s IS TRUE)",
														query_sql_counts(query))
											 : "(t1.tableoid IS NOT NULL)";

	appendStringInfoString(sql, "SELECT ");
	query_sql_keys(sql, query, "k", false);
	appendStringInfo(sql, ", %s AS present", present);
	query_sql_now_values(sql, query, present);
	appendStringInfoString(sql, ", b.ctid");
	query_sql_table_values(sql, query, "b");
	query_sql_matches_of(sql, query, "k");
	appendStringInfoString(sql, " FROM ");
	query_sql_touched(sql, query, form, touched);
	appendStringInfoString(sql, " LEFT JOIN (");
	query_sql_join(sql, query, NULL, -1);
	appendStringInfoString(sql, ") ON (");
	query_sql_same_key(sql, query, "k", "t1", true);
	if (!query->has_promise)
		appendStringInfo(sql, " AND %s", query_sql_counts(query));
	appendStringInfo(sql, ") LEFT JOIN %s AS b ON (", query_sql_name(query->booking_table));
	query_sql_same_key(sql, query, "k", "b", false);
	appendStringInfoChar(sql, ')');
}

/*
 * Appends the rows of the first table that join rows that were touched of another, as t1: by tables of their own, k2, k3
 * and so on, since what was touched may be something else by now.
 */
static void
query_sql_reached(StringInfo sql, const BookingQuery *query, int touched)
{
	Bitmapset *path = query_sql_path(query, touched);

	appendStringInfo(sql, "%s AS t1", query_sql_name(booking_query_lines(query)));
	for (int i = 1; i < query->tables; i++)
	{
		const QueryTable *table = &query->table[i];

		if (bms_is_member(i + 1, path))
			appendStringInfo(sql, " %s %s AS k%d ON (sp71.by%d)",
							 table->is_left && i != touched ? "LEFT JOIN" : "JOIN",
							 i == touched ? QUERY_TOUCHED : query_sql_name(table->relid), i + 1,
							 i + 1);
	}
}

/* Returns the condition, in SQL, that a row has a match in each table that it must have one in, and counts. */
static char *
query_sql_is_whole(const BookingQuery *query)
{
	StringInfoData matched;

	initStringInfo(&matched);
	for (int i = 1; i < query->tables; i++)
		if (!query->table[i].is_left)
			appendStringInfo(&matched, "%st%d.tableoid IS NOT NULL",
							 matched.len == 0 ? "" : " AND ", i + 1);
	if (query->counts == NULL)
		return matched.len == 0 ? "true" : psprintf("(%s)", matched.data);
	if (matched.len == 0)
		return "((sp71.counts) IS TRUE)";
	return psprintf("(%s AND (sp71.counts) IS TRUE)", matched.data);
}

/*
 * Makes the pairs of the rows that join rows of another table that were touched, each of which they join once, so that they
 * are looked up no second time. All joins are left ones: a row that has no match is a pair as well.
 */
static void
query_sql_once(StringInfo sql, const BookingQuery *query, int touched)
{
	const char *present = query_sql_is_whole(query);

	appendStringInfoString(sql, "SELECT ");
	query_sql_keys(sql, query, "t1", true);
	appendStringInfo(sql, ", %s AS present", present);
	query_sql_now_values(sql, query, present);
	appendStringInfoString(sql, ", b.ctid");
	query_sql_table_values(sql, query, "b");
	appendStringInfoString(sql, " FROM ");
	query_sql_reached(sql, query, touched);
	for (int i = 1; i < query->tables; i++)
		appendStringInfo(sql, " LEFT JOIN %s AS t%d ON (sp71.on%d)",
						 query_sql_name(query->table[i].relid), i + 1, i + 1);
	appendStringInfo(sql, " LEFT JOIN %s AS b ON (", query_sql_name(query->booking_table));
	query_sql_same_key(sql, query, "b", "t1", true);
	appendStringInfoChar(sql, ')');
}

/*
 * Appends what all rows come to. Where matches are promised all of them are there, whether they count or not; else those
 * that count.
 */
static void
query_sql_all_now(StringInfo sql, const BookingQuery *query)
{
	const char *present =
		query->has_promise ? psprintf("(%s IS TRUE)", query_sql_counts(query)) : "true";

	appendStringInfoString(sql, "SELECT ");
	query_sql_keys(sql, query, "t1", true);
	appendStringInfo(sql, ", %s AS present", present);
	query_sql_now_values(sql, query, present);
	query_sql_matches_of(sql, query, "t1");
	appendStringInfoString(sql, " FROM ");
	query_sql_join(sql, query, NULL, -1);
	if (!query->has_promise)
		appendStringInfo(sql, " WHERE %s", query_sql_counts(query));
}

/* Appends what stands in the booking table, b, beside them; is_new: nothing. */
static void
query_sql_all_before(StringInfo sql, const BookingQuery *query, bool is_new)
{
	if (!is_new)
	{
		appendStringInfoString(sql, ", b.ctid");
		query_sql_table_values(sql, query, "b");
		return;
	}
	appendStringInfoString(sql, ", NULL::pg_catalog.tid");
	for (int i = 0; i < query_sql_values(query); i++)
		appendStringInfoString(sql, ", NULL");
}

/*
 * Makes the pairs of all rows. is_new: the booking table has none, and is not read, so that Citus can plan this over
 * distributed tables; whose nodes send rows side by side, while matches of one row are to come one after another.
 */
static void
query_sql_all(StringInfo sql, const BookingQuery *query, bool is_new)
{
	appendStringInfoString(sql, "SELECT ");
	query_sql_keys(sql, query, "k", false);
	appendStringInfoString(sql, ", (k.present IS TRUE) AS present");
	query_sql_table_values(sql, query, "k");
	query_sql_all_before(sql, query, is_new);
	if (query->has_promise)
		appendStringInfoString(sql, ", k.matches");
	for (int i = 1; i < query->tables; i++)
		if (query->table[i].is_promised)
			appendStringInfo(sql, ", k.match%d", i + 1);
	appendStringInfoString(sql, " FROM (");
	query_sql_all_now(sql, query);
	appendStringInfoString(sql, ") AS k");
	if (!is_new)
	{
		appendStringInfo(sql, " FULL JOIN %s AS b ON (", query_sql_name(query->booking_table));
		query_sql_same_key(sql, query, "k", "b", false);
		appendStringInfoChar(sql, ')');
	}
	for (int i = 0; is_new && query->has_promise && i < query->keys; i++)
		appendStringInfo(sql, "%s%d", i == 0 ? " ORDER BY " : ", ", i + 1);
}

/*
 * Returns the query for pairs: of rows of the first table what they come to now, and what stands in the booking
 * table. touched: the index of the table whose rows were touched.
 */
char *
query_sql_pairs(const BookingQuery *query, QueryForm form, int touched)
{
	StringInfoData sql;

	initStringInfo(&sql);
	if (form == QUERY_OF_ALL || form == QUERY_OF_ALL_NEW)
		query_sql_all(&sql, query, form == QUERY_OF_ALL_NEW);
	else if (form == QUERY_OF_JOINED_ONCE)
		query_sql_once(&sql, query, touched);
	else
		query_sql_some(&sql, query, form, touched);
	return sql.data;
}
