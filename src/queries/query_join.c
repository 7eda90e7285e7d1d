/*
 * query_join.c
 *	  By what a joined table of a query is joined: that it has one match at most, and how its rows and those that refer
 *	  to them know each other.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "queries/query_join.h"
#include "types/name_text.h"

/* A column of a joined table that is equated with something of the tables before it. */
typedef struct QueryEquality
{
	AttrNumber attribute;
	Oid operator; /* with the column on its left; InvalidOid: there is none */
	Oid collation;
	Node *other;
} QueryEquality;

/* Returns the Var of a table that an expression merely is, or NULL. */
static const Var *
query_join_variable(Node *node, int position)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL || !IsA(node, Var) || ((Var *) node)->varno != position)
		return NULL;
	return (const Var *) node;
}

/* Reads a condition as an equality of a column of a table with something of those before it, if it is one. */
static QueryEquality *
query_join_equality(Node *condition, int position)
{
	OpExpr *operation = (OpExpr *) condition;
	QueryEquality *equality;
	const Var *variable;
	Node *other;
	bool is_left;

	if (!IsA(condition, OpExpr) || list_length(operation->args) != 2 ||
		!op_mergejoinable(operation->opno, exprType(linitial(operation->args))))
		return NULL;
	variable = query_join_variable(linitial(operation->args), position);
	is_left = variable != NULL;
	if (!is_left)
		variable = query_join_variable(lsecond(operation->args), position);
	other = is_left ? lsecond(operation->args) : linitial(operation->args);
	if (variable == NULL || bms_is_member(position, pull_varnos(NULL, other)))
		return NULL;
	equality = palloc(sizeof(QueryEquality));
	equality->attribute = variable->varattno;
	equality->operator= is_left ? operation->opno : get_commutator(operation->opno);
	equality->collation = operation->inputcollid;
	equality->other = other;
	return equality;
}

/* Returns the equalities by which a table is joined. */
static List *
query_join_equalities(const QueryTable *table, int position)
{
	List *conditions = make_ands_implicit((Expr *) table->condition);
	List *equalities = NIL;
	ListCell *cell;

	foreach(cell, conditions)
	{
		QueryEquality *equality = query_join_equality(lfirst(cell), position);

		if (equality != NULL)
			equalities = lappend(equalities, equality);
	}
	return equalities;
}

/* Tells whether all sessions hash what an equality compares alike, without running code that somebody wrote. */
static bool
query_join_can_hash(const QueryEquality *equality, Oid column_type)
{
	return OidIsValid(equality->operator) && op_hashjoinable(equality->operator, column_type) &&
		   expression_is_plain_type(column_type) &&
		   expression_is_plain_type(exprType(equality->other)) &&
		   (!OidIsValid(equality->collation) || get_collation_isdeterministic(equality->collation));
}

/* Finds out how a row of a joined table and the rows that refer to it know each other. */
static void
query_join_find_bucket(QueryTable *table, int position)
{
	QueryBucket *bucket = &table->bucket;
	List *equalities = query_join_equalities(table, position);
	ListCell *cell;

	foreach(cell, equalities)
	{
		const QueryEquality *equality = lfirst(cell);

		if (!query_join_can_hash(equality, get_atttype(table->relid, equality->attribute)) ||
			!get_op_hash_functions(equality->operator, & bucket->own_hash, &bucket->key_hash))
			continue;
		bucket->attribute = equality->attribute;
		bucket->key = equality->other;
		bucket->collation = equality->collation;
		return;
	}
}

/* Tells whether a column of an index is fixed by one of the equalities. */
static bool
query_join_is_fixed(Relation index, int i, List *equalities)
{
	ListCell *cell;

	foreach(cell, equalities)
	{
		const QueryEquality *equality = lfirst(cell);

		if (equality->attribute == index->rd_index->indkey.values[i] &&
			OidIsValid(equality->operator) &&
			get_op_opfamily_strategy(equality->operator, index->rd_opfamily[i]) ==
				BTEqualStrategyNumber &&
			(!OidIsValid(index->rd_indcollation[i]) ||
			 index->rd_indcollation[i] == equality->collation))
			return true;
	}
	return false;
}

/* Tells whether an index says that the equalities hold for one row at most. */
static bool
query_join_is_proof(Relation index, List *equalities)
{
	const Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indimmediate || !form->indisvalid ||
		RelationGetIndexPredicate(index) != NIL || RelationGetIndexExpressions(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
		if (!query_join_is_fixed(index, i, equalities))
			return false;
	return true;
}

/* Tells whether a table has one match at most by the equalities. */
static bool
query_join_is_unique(Relation rel, List *equalities)
{
	List *indexes = RelationGetIndexList(rel);
	bool proven = false;
	ListCell *cell;

	/* An index of a table with inheritance children says nothing of their rows. */
	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE && has_subclass(RelationGetRelid(rel)))
		return false;
	foreach(cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		proven |= query_join_is_proof(index, equalities);
		index_close(index, AccessShareLock);
	}
	return proven;
}

/* Returns the names of the columns that are equated, as a list in SQL; NULL: none is. */
static char *
query_join_names(Relation rel, List *equalities)
{
	StringInfoData names;
	ListCell *cell;

	if (equalities == NIL)
		return NULL;
	initStringInfo(&names);
	foreach(cell, equalities)
		appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ",
						 quote_identifier(
							 NameStr(TupleDescAttr(RelationGetDescr(rel),
												   ((QueryEquality *) lfirst(cell))->attribute - 1)
										 ->attname)));
	return names.data;
}

/* Raises that a table may have more than one match. */
static void
query_join_refuse_join(Relation rel, List *equalities)
{
	const char *name = name_text_in_message(RelationGetRelid(rel));
	char *columns = query_join_names(rel, equalities);

	if (columns == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("table \"%s\" is not joined by equality of its columns", name),
				 errdetail("A row could have more than one match in it, and would be booked more "
						   "than once."),
				 errhint("Join it by a unique key, as in ON h.id = l.header_id.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_FOREIGN_KEY),
			 errmsg("table \"%s\" has no unique key on (%s)", name, columns),
			 errdetail("A row could have more than one match in it, and would be booked more than "
					   "once."),
			 errhint("CREATE UNIQUE INDEX ON %s (%s), neither partial nor on expressions; or say "
					 "promise_unique => '{%s}' where the application sees to it: a second match is "
					 "then refused when it comes.",
					 name, columns, name)));
}

/* Tells a table that has no index by which a joined row finds the rows that refer to it. */
static void
query_join_reverse(const BookingQuery *query, const QueryTable *table, int position)
{
	List *variables = pull_var_clause(table->condition, 0);
	Oid relid = InvalidOid;
	AttrNumber attribute = InvalidAttrNumber;
	Relation rel;
	bool found = false;
	ListCell *cell;

	foreach(cell, variables)
		if (lfirst_node(Var, cell)->varno < position)
		{
			relid = query->table[lfirst_node(Var, cell)->varno - 1].relid;
			attribute = lfirst_node(Var, cell)->varattno;
		}
	if (!OidIsValid(relid))
		return;
	rel = table_open(relid, AccessShareLock);
	foreach(cell, RelationGetIndexList(rel))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		/* One on an expression is on what is computed of the column: of that kind, the owner knows best. */
		found |= index->rd_index->indkey.values[0] == attribute ||
				 index->rd_index->indkey.values[0] == InvalidAttrNumber;
		index_close(index, AccessShareLock);
	}
	if (!found)
		ereport(NOTICE,
				(errmsg("a change of table \"%s\" will read all rows of table \"%s\"",
						name_text_in_message(table->relid), name_text_in_message(relid)),
				 errhint("CREATE INDEX ON %s (%s);", name_text_in_message(relid),
						 quote_identifier(NameStr(
							 TupleDescAttr(RelationGetDescr(rel), attribute - 1)->attname)))));
	table_close(rel, NoLock);
}

/*
 * Checks that each table after the first has one match at most. With notices tells of an index that would help.
 */
void
query_join_check(const BookingQuery *query, bool notices)
{
	for (int i = 1; i < query->tables; i++)
	{
		const QueryTable *table = &query->table[i];
		Relation rel = table_open(table->relid, AccessShareLock);
		List *equalities = query_join_equalities(table, i + 1);

		if (!table->is_promised && !query_join_is_unique(rel, equalities))
			query_join_refuse_join(rel, equalities);
		table_close(rel, NoLock);
		if (notices)
			query_join_reverse(query, table, i + 1);
	}
}

/*
 * Tells whether an equality has a column of a table be one of these columns of the tables before it, by index;
 * InvalidAttrNumber: of that table none.
 */
static bool
query_join_reaches(const BookingQuery *query, int index, const QueryEquality *equality,
				   const AttrNumber *columns)
{
	if (!query_join_can_hash(equality, get_atttype(query->table[index].relid, equality->attribute)))
		return false;
	for (int i = 0; i < index; i++)
	{
		const Var *variable = query_join_variable(equality->other, i + 1);

		if (variable != NULL && columns[i] != InvalidAttrNumber && variable->varattno == columns[i])
			return true;
	}
	return false;
}

/* Tells whether a table is joined by its column of these, to one of these of a table before it. */
bool
query_join_is_by(const BookingQuery *query, int index, const AttrNumber *columns)
{
	List *equalities = query_join_equalities(&query->table[index], index + 1);
	ListCell *cell;

	foreach(cell, equalities)
	{
		const QueryEquality *equality = lfirst(cell);

		if (equality->attribute == columns[index] &&
			query_join_reaches(query, index, equality, columns))
			return true;
	}
	return false;
}

/* Returns a column by which a table is joined to one of these of a table before it; InvalidAttrNumber: there is none. */
AttrNumber
query_join_column(const BookingQuery *query, int index, const AttrNumber *columns)
{
	List *equalities = query_join_equalities(&query->table[index], index + 1);
	ListCell *cell;

	foreach(cell, equalities)
		if (query_join_reaches(query, index, lfirst(cell), columns))
			return ((const QueryEquality *) lfirst(cell))->attribute;
	return InvalidAttrNumber;
}

/* Finds the unique index by which the row of a table is found by the only equality that it is joined by. */
static void
query_join_find_index(QueryTable *table, int position)
{
	QueryBucket *bucket = &table->bucket;
	Relation rel = table_open(table->relid, AccessShareLock);
	List *equalities = query_join_equalities(table, position);
	ListCell *cell;

	foreach(cell, RelationGetIndexList(rel))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		Oid operator= get_opfamily_member(index->rd_opfamily[0], index->rd_opcintype[0],
										  exprType(bucket->key), BTEqualStrategyNumber);

		if (index->rd_index->indnkeyatts == 1 && query_join_is_proof(index, equalities) &&
			OidIsValid(operator))
		{
			bucket->index = RelationGetRelid(index);
			bucket->equal = get_opcode(operator);
		}
		index_close(index, AccessShareLock);
	}
	table_close(rel, NoLock);
}

/* Finds out whether a row of a table is found by a column of the first table alone. */
static void
query_join_find_line_attribute(QueryTable *table, int position)
{
	QueryBucket *bucket = &table->bucket;
	const Var *variable = query_join_variable(bucket->key, 1);

	if (variable == NULL)
		return;
	bucket->line_attribute = variable->varattno;
	if (!table->is_promised && get_rel_relkind(table->relid) == RELKIND_RELATION &&
		list_length(make_ands_implicit((Expr *) table->condition)) == 1)
		query_join_find_index(table, position);
}

/* Finds out how the rows of each joined table and those that refer to them know each other. */
void
query_join_find_buckets(BookingQuery *query)
{
	for (int i = 1; i < query->tables; i++)
	{
		query_join_find_bucket(&query->table[i], i + 1);
		if (query->table[i].bucket.key != NULL)
			query_join_find_line_attribute(&query->table[i], i + 1);
	}
}
