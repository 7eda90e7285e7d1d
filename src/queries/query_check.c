/*
 * query_check.c
 *	  Whether the tables of a query can be joined so that each row of the first is one booking at most: it has a
 *	  primary key, the others are joined by a unique key each, and nobody sees other rows than its owner.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "queries/query_check.h"
#include "sources/source_table_check.h"
#include "types/name_text.h"

/* Returns an operator as SQL has it, whatever the settings. */
static char *
query_check_operator_name(Oid operator)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Form_pg_operator form;
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}

/*
 * Returns the name that a column of the key has in the booking table, where other columns have names too. Those of which
 * 0.5.0 knew nothing only matter where the query has them.
 */
static char *
query_check_key_name(const BookingQuery *query, const char *name)
{
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (strcmp(name, query_column_name(column)) == 0 &&
			(column < QUERY_REFERENCE || query->columns[column] != NULL))
			return psprintf("line_%s", name);
	return pstrdup(name);
}

/* Finds one column of the primary key. */
static QueryKey
query_check_key_column(const BookingQuery *query, Relation lines, Relation index, int i)
{
	AttrNumber attribute = index->rd_index->indkey.values[i];
	Oid operator= get_opfamily_member(index->rd_opfamily[i], index->rd_opcintype[i],
									  index->rd_opcintype[i], BTEqualStrategyNumber);
	QueryKey key = {attribute};

	key.name =
		query_check_key_name(query,
							 NameStr(
								 TupleDescAttr(RelationGetDescr(lines), attribute - 1)->attname));
	key.equal = query_check_operator_name(operator);
	return key;
}

/* Raises that a table has no primary key by which its rows can be told apart. */
static void
query_check_refuse_key(const Relation lines)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("table \"%s\" has no primary key",
					name_text_in_message(RelationGetRelid(lines))),
			 errdetail("Each row of the first table of a query is one booking at most, and is "
					   "known by its primary key."),
			 errhint("ALTER TABLE %s ADD PRIMARY KEY (...), not deferrable.",
					 name_text_in_message(RelationGetRelid(lines)))));
}

/* Finds the primary key of the first table, which is part of what the query reads. */
void
query_check_key(BookingQuery *query)
{
	Relation lines = table_open(booking_query_lines(query), AccessShareLock);
	Oid relid = RelationGetPrimaryKeyIndex(lines, false);
	Relation index;

	if (!OidIsValid(relid))
		query_check_refuse_key(lines);
	index = index_open(relid, AccessShareLock);
	if (!index->rd_index->indimmediate)
		query_check_refuse_key(lines);
	query->keys = index->rd_index->indnkeyatts;
	query->key = palloc(query->keys * sizeof(QueryKey));
	for (int i = 0; i < query->keys; i++)
	{
		query->key[i] = query_check_key_column(query, lines, index, i);
		query->table[0].reads = bms_add_member(query->table[0].reads, query->key[i].attribute);
		query->table[0].ties = bms_add_member(query->table[0].ties, query->key[i].attribute);
	}
	index_close(index, NoLock);
	table_close(lines, NoLock);
}

/* Refuses the first table in a second place. One that is joined may be joined again. */
static void
query_check_twice(const BookingQuery *query, int index)
{
	if (index > 0 && query->table[index].first == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query of bookings cannot have table \"%s\" twice",
						name_text_in_message(query->table[index].relid)),
				 errdetail("It is the first table, each row of which is one booking at most, "
						   "which depends on no other row of it."),
				 errhint("Keep what is needed of the other row in a column, by a trigger or "
						 "a generated column, or attach the table itself.")));
}

/* Refuses a table of which its reader would not see all rows, or not those that a trigger sees. */
static void
query_check_table(const BookingQuery *query, Relation rel, List *tree)
{
	Oid owner = booking_query_owner(query);

	source_table_check(rel);
	source_table_check_parents(rel, tree);
	if (check_enable_rls(RelationGetRelid(rel), owner, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query of bookings cannot read table \"%s\", which has row security",
						name_text_in_message(RelationGetRelid(rel))),
				 errdetail("Role \"%s\", in whose name it is read, may not see all rows.",
						   GetUserNameFromId(owner, false)),
				 errhint("Grant that role BYPASSRLS, or let it own the table.")));
}

/* Refuses columns whose values are not stored: what they are made of would change unseen. */
static void
query_check_columns(const QueryTable *table, Relation rel)
{
	int attribute = -1;

	while ((attribute = bms_next_member(table->reads, attribute)) >= 0)
	{
		Form_pg_attribute form = TupleDescAttr(RelationGetDescr(rel), attribute - 1);

		if (form->attgenerated == 'v')
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("a query of bookings cannot read column \"%s\" of table \"%s\", "
								   "which is computed when it is read",
								   NameStr(form->attname), name_text_in_message(table->relid)),
							errhint("Name the columns that it is made of.")));
	}
}

/* Checks the tables of a query. trees: of each, itself and all that belong to it. */
void
query_check_tables(const BookingQuery *query, List *trees)
{
	for (int i = 0; i < query->tables; i++)
	{
		Relation rel = relation_open(query->table[i].relid, NoLock);
		List *tree = list_nth(trees, i);
		ListCell *cell;

		query_check_table(query, rel, tree);
		query_check_columns(&query->table[i], rel);
		query_check_twice(query, i);
		relation_close(rel, NoLock);
		for_each_from(cell, tree, 1)
		{
			rel = relation_open(lfirst_oid(cell), NoLock);
			query_check_table(query, rel, tree);
			relation_close(rel, NoLock);
		}
	}
}

/* Checks that the same rows always come to the same. */
void
query_check_expressions(const BookingQuery *query)
{
	Oid owner = booking_query_owner(query);
	List *expressions = booking_query_expressions(query);
	ListCell *cell;

	foreach(cell, expressions)
		expression_require_immutable(owner, lfirst(cell));
}

/* Whether an expression is foreign. */
typedef struct QueryForeign
{
	List *expressions;
	bool is_foreign;
} QueryForeign;

/* Finds out whether expressions lead to code that somebody wrote: planning evaluates what is constant in them. */
static void
query_check_foreign_work(void *argument)
{
	QueryForeign *foreign = argument;
	ListCell *cell;

	foreach(cell, foreign->expressions)
		foreign->is_foreign |= expression_needs_owner(expression_planner(copyObject(lfirst(cell))));
}

/* Tells whether what a row comes to, or how it is called, is said by code that somebody wrote. Its key is known. */
bool
query_check_is_said_by_foreign(const BookingQuery *query)
{
	QueryForeign foreign = {booking_query_expressions(query)};

	for (int i = 0; i < query->keys; i++)
		if (!expression_is_plain_type(
				get_atttype(booking_query_lines(query), query->key[i].attribute)))
			return true;
	foreign_code_run(booking_query_owner(query), query_check_foreign_work, &foreign);
	return foreign.is_foreign;
}

/*
 * Tells whether to evaluate a query leads to code that somebody wrote. Its key is known. The names of rows that match are
 * written by functions of their types.
 */
bool
query_check_is_foreign(const BookingQuery *query)
{
	return query->has_promise || query_check_is_said_by_foreign(query);
}
