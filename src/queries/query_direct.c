/*
 * query_direct.c
 *	  What it takes to read pairs of a query without SQL, made once and kept with the query.
 *
 * It is possible where each row is found by a unique index of a plain table, and nothing leads to code that somebody
 * wrote. It goes with the query when one of its tables is altered.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "queries/query_direct.h"
#include "queries/query_sql.h"

/* Tells whether the rows of a table are found in it alone, and hold all that the query reads. */
static bool
query_direct_is_plain(Relation rel, const Bitmapset *reads)
{
	int attribute = -1;

	if (rel->rd_rel->relkind != RELKIND_RELATION || rel->rd_rel->relhassubclass)
		return false;
	while ((attribute = bms_next_member(reads, attribute)) >= 0)
	{
		char generated = attribute == 0 || attribute > RelationGetDescr(rel)->natts
							 ? 'v'
							 : TupleDescAttr(RelationGetDescr(rel), attribute - 1)->attgenerated;

		if (generated != '\0' && generated != ATTRIBUTE_GENERATED_STORED)
			return false;
	}
	return true;
}

/* Tells whether the tables are as plain as it takes. */
static bool
query_direct_fits(const BookingQuery *query, Relation *rels)
{
	for (int i = 0; i < query->tables; i++)
	{
		const QueryBucket *bucket = &query->table[i].bucket;

		if (!query_direct_is_plain(rels[i], query->table[i].reads))
			return false;
		if (i > 0 && (bucket->line_attribute == InvalidAttrNumber || !OidIsValid(bucket->index)))
			return false;
	}
	return true;
}

/*
 * Finds the primary key of a table as what its rows are found by. Columns of the key in the order of the query's are
 * those of the first table, or of the booking table its first ones.
 */
static bool
query_direct_find_key(Relation rel, const BookingQuery *query, bool is_line, DirectKey *key)
{
	Relation index;
	bool found = true;

	list_free(RelationGetIndexList(rel));
	if (!OidIsValid(rel->rd_pkindex))
		return false;
	index = index_open(rel->rd_pkindex, AccessShareLock);
	key->index = RelationGetRelid(index);
	found = index->rd_index->indimmediate && index->rd_index->indnkeyatts == query->keys;
	for (int i = 0; i < query->keys && found; i++)
	{
		AttrNumber attribute = is_line ? query->key[i].attribute : i + 1;
		int column = 0;
		Oid type;

		while (column < query->keys && index->rd_index->indkey.values[column] != attribute)
			column++;
		found = column < query->keys;
		if (!found)
			break;
		type = index->rd_opcintype[column];
		ScanKeyEntryInitialize(&key->scan[i], 0, attribute, BTEqualStrategyNumber, type,
							   index->rd_indcollation[column],
							   get_opcode(get_opfamily_member(index->rd_opfamily[column], type,
															  type, BTEqualStrategyNumber)),
							   (Datum) 0);
	}
	index_close(index, AccessShareLock);
	return found;
}

/* Makes a row that has the columns of all tables. */
static void
query_direct_make_row(const BookingQuery *query, QueryDirect *direct, Relation *rels)
{
	TupleDesc desc;
	int columns = 0;

	direct->first = palloc(query->tables * sizeof(int));
	for (int i = 0; i < query->tables; i++)
	{
		direct->first[i] = columns;
		columns += RelationGetDescr(rels[i])->natts;
	}
	desc = CreateTemplateTupleDesc(columns);
	for (int i = 0; i < query->tables; i++)
		for (int j = 1; j <= RelationGetDescr(rels[i])->natts; j++)
			TupleDescCopyEntry(desc, direct->first[i] + j, RelationGetDescr(rels[i]), j);
	direct->row = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
}

/* Makes a pair as query_sql_pairs() puts it out. */
static void
query_direct_make_pair(const BookingQuery *query, QueryDirect *direct, Relation booking)
{
	TupleDesc from = RelationGetDescr(booking);
	int values = query_sql_values(query);
	TupleDesc desc = CreateTemplateTupleDesc(query_sql_matches(query));

	for (int i = 0; i < query->keys; i++)
		TupleDescCopyEntry(desc, i + 1, from, i + 1);
	TupleDescInitEntry(desc, query_sql_present(query) + 1, "present", BOOLOID, -1, 0);
	TupleDescInitEntry(desc, query_sql_tid(query) + 1, "ctid", TIDOID, -1, 0);
	for (int i = 0; i < values; i++)
	{
		TupleDescCopyEntry(desc, query_sql_now(query) + i + 1, from, query->keys + i + 1);
		TupleDescCopyEntry(desc, query_sql_before(query) + i + 1, from, query->keys + i + 1);
	}
	direct->pair = MakeSingleTupleTableSlot(desc, &TTSOpsVirtual);
}

/* Has the Vars of a tree read a row that has the columns of all tables. */
static Node *
query_direct_place(Node *node, void *context)
{
	const int *first = context;
	Var *variable;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var))
		return expression_tree_mutator(node, query_direct_place, context);
	variable = copyObject((Var *) node);
	variable->varattno += first[variable->varno - 1];
	variable->varno = 1;
	return (Node *) variable;
}

/* Compiles an expression, of a type; NULL: it leads to code that somebody wrote. */
static ExprState *
query_direct_compile(QueryDirect *direct, Node *tree, Oid type)
{
	Node *expression = query_direct_place(tree, direct->first);

	if (exprType(expression) != type)
		expression = coerce_to_target_type(NULL, expression, exprType(expression), type, -1,
										   COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);
	if (expression == NULL)
		return NULL;
	expression = (Node *) expression_planner((Expr *) expression);
	return expression_needs_owner((Expr *) expression) ? NULL
													   : ExecInitExpr((Expr *) expression, NULL);
}

/* Compiles what the query puts out; false: that leads to code that somebody wrote. */
static bool
query_direct_compile_all(const BookingQuery *query, QueryDirect *direct)
{
	static const Oid types[QUERY_VALUES] = {
		[QUERY_SERVICE] = TEXTOID,   [QUERY_PARTICIPANT] = TEXTOID, [QUERY_BOOKED_ON] = DATEOID,
		[QUERY_AMOUNT] = NUMERICOID, [QUERY_VOLUME] = NUMERICOID,   [QUERY_REFERENCE] = TEXTOID,
		[QUERY_RELEASES] = TEXTOID,  [QUERY_FINAL] = BOOLOID,
	};

	if (query->counts != NULL)
	{
		direct->counts = query_direct_compile(direct, query->counts, BOOLOID);
		if (direct->counts == NULL)
			return false;
	}
	for (QueryColumn column = 0; column < QUERY_VALUES; column++)
		if (query->columns[column] != NULL)
		{
			direct->values[column] =
				query_direct_compile(direct, query->columns[column], types[column]);
			if (direct->values[column] == NULL)
				return false;
		}
	return true;
}

/* Makes what it takes, in the memory of the query. */
static void
query_direct_make(BookingQuery *query, Relation *rels, Relation booking)
{
	MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(query));
	QueryDirect *direct = palloc0(sizeof(QueryDirect));

	if (query_direct_fits(query, rels) &&
		query_direct_find_key(rels[0], query, true, &direct->line) &&
		query_direct_find_key(booking, query, false, &direct->booking))
	{
		direct->econtext = CreateStandaloneExprContext();
		query_direct_make_row(query, direct, rels);
		query_direct_make_pair(query, direct, booking);
		direct->is_possible = query_direct_compile_all(query, direct);
	}
	query->direct = direct;
	MemoryContextSwitchTo(caller);
}

/* Returns what it takes to read pairs without SQL; NULL: that is not possible. The tables are those of the query. */
const QueryDirect *
query_direct_of(BookingQuery *query, Relation *rels, Relation booking)
{
	if (query->direct == NULL)
		query_direct_make(query, rels, booking);
	return query->direct->is_possible ? query->direct : NULL;
}
