/*
 * booking_query.c
 *	  A query whose rows are bookings, made of PostgreSQL's tree of it; see booking_query.h.
 *
 * Raises what a query cannot be: 0A000. All of it lives in the caller's memory.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "mapping/table_owner.h"
#include "queries/booking_query.h"

/* What stands where in the tree. */
typedef struct QueryShape
{
	BookingQuery *query;
	int *positions; /* by index in its list of tables: the place in the join; 0: none */
} QueryShape;

/* Raises that a query cannot be what it is. */
static void
booking_query_refuse(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a query of bookings cannot have %s", _(what)),
			 errdetail(
				 "Each row of its first table is one booking at most, which depends on no other "
				 "row of that table."),
			 hint ? errhint("%s", _(hint)) : 0));
}

/* Refuses what makes other rows of the rows of a join. */
static void
booking_query_check_clauses(const Query *tree)
{
	const char *what = NULL;

	if (tree->setOperations != NULL)
		what = gettext_noop("UNION, INTERSECT or EXCEPT");
	else if (tree->hasAggs || tree->groupClause != NIL || tree->groupingSets != NIL ||
			 tree->havingQual != NULL)
		what = gettext_noop("aggregate functions or GROUP BY");
	else if (tree->hasWindowFuncs)
		what = gettext_noop("window functions");
	else if (tree->hasTargetSRFs)
		what = gettext_noop("set-returning functions");
	else if (tree->distinctClause != NIL)
		what = gettext_noop("DISTINCT");
	else if (tree->cteList != NIL || tree->hasSubLinks)
		what = gettext_noop("subqueries");
	else if (tree->sortClause != NIL || tree->limitCount != NULL || tree->limitOffset != NULL)
		what = gettext_noop("ORDER BY or LIMIT");
	else if (tree->rowMarks != NIL)
		what = gettext_noop("FOR UPDATE or FOR SHARE");
	if (what != NULL)
		booking_query_refuse(what,
							 tree->setOperations != NULL
								 ? gettext_noop("Attach each part of it by a query of its own.")
								 : gettext_noop(
									   "Join the table that has the value by a unique key of it."));
}

/* Returns the index of the first place of a table in a query; -1: it is not there. */
int
booking_query_position(const BookingQuery *query, Oid relid)
{
	for (int i = 0; i < query->tables; i++)
		if (query->table[i].relid == relid)
			return i;
	return -1;
}

/* Takes a table into the join. */
static void
booking_query_add_table(QueryShape *shape, const JoinExpr *join, Node *reference)
{
	BookingQuery *query = shape->query;
	QueryTable *table = &query->table[query->tables];
	RangeTblEntry *entry;
	int position;

	if (!IsA(reference, RangeTblRef))
		booking_query_refuse(gettext_noop("joins within parentheses"),
							 gettext_noop("Write the joins one after another."));
	entry = rt_fetch(((RangeTblRef *) reference)->rtindex, query->tree->rtable);
	if (entry->rtekind != RTE_RELATION)
		booking_query_refuse(psprintf(_("\"%s\", which is no table, among its tables"),
									  entry->eref->aliasname),
							 gettext_noop("Join tables alone."));
	if (entry->tablesample != NULL || !entry->inh)
		booking_query_refuse(gettext_noop("TABLESAMPLE or ONLY"),
							 gettext_noop("Name the table alone."));
	table->relid = entry->relid;
	position = booking_query_position(query, entry->relid);
	table->first = position < 0 ? query->tables : position;
	table->is_left = join != NULL && join->jointype == JOIN_LEFT;
	table->condition = join == NULL ? NULL : join->quals;
	shape->positions[((RangeTblRef *) reference)->rtindex] = ++query->tables;
}

/* Takes the tables of a join in, in the order in which they are written. */
static void
booking_query_add_join(QueryShape *shape, Node *node)
{
	JoinExpr *join;

	if (!IsA(node, JoinExpr))
	{
		booking_query_add_table(shape, NULL, node);
		return;
	}
	join = (JoinExpr *) node;
	if (join->jointype != JOIN_INNER && join->jointype != JOIN_LEFT)
		booking_query_refuse(gettext_noop("RIGHT JOIN or FULL JOIN"),
							 gettext_noop("Begin with the table whose rows are bookings."));
	booking_query_add_join(shape, join->larg);
	if (join->quals == NULL)
		booking_query_refuse("CROSS JOIN", gettext_noop("Join each table by a unique key of it."));
	booking_query_add_table(shape, join, join->rarg);
}

/* Gives Vars the place of their table in the join, and nothing that only holds in the tree. */
static Node *
booking_query_place_vars(Node *node, void *context)
{
	const QueryShape *shape = context;
	const Var *variable;
	int position;

	if (node == NULL)
		return NULL;
	if (!IsA(node, Var))
		return expression_tree_mutator(node, booking_query_place_vars, context);
	variable = (const Var *) node;
	position = shape->positions[variable->varno];
	if (position == 0)
		booking_query_refuse(gettext_noop("columns of a join"),
							 gettext_noop("Say of which table a column is."));
	if (variable->varattno == InvalidAttrNumber)
		booking_query_refuse(gettext_noop("a whole row as a value"),
							 gettext_noop("Name the columns that count."));
	if (variable->varattno < 0)
		booking_query_refuse(gettext_noop("system columns"), NULL);
	return (Node *) makeVar(position, variable->varattno, variable->vartype, variable->vartypmod,
							variable->varcollid, 0);
}

/* Returns which column has this name; QUERY_COLUMNS: none. */
static QueryColumn
booking_query_column(const char *name)
{
	QueryColumn column = 0;

	while (column < QUERY_COLUMNS && strcmp(query_column_name(column), name) != 0)
		column++;
	return column;
}

/* Takes the columns of a query in, by their names. */
static void
booking_query_add_columns(QueryShape *shape)
{
	ListCell *cell;

	foreach(cell, shape->query->tree->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		QueryColumn column = booking_query_column(entry->resname);

		if (column == QUERY_COLUMNS)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("a query of bookings has no column \"%s\"", entry->resname),
							errhint("Name its columns service, participant, booked_on, amount, "
									"volume, stage, reference, releases and final, as in p.code AS "
									"service.")));
		else if (shape->query->columns[column] != NULL)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("column \"%s\" specified more than once", entry->resname)));
		else
			shape->query->columns[column] = booking_query_place_vars((Node *) entry->expr, shape);
	}
}

/* Checks that a query says all that a booking needs. */
static void
booking_query_check_columns(const BookingQuery *query)
{
	for (QueryColumn column = 0; column <= QUERY_BOOKED_ON; column++)
		if (query->columns[column] == NULL)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the query has no column \"%s\"", query_column_name(column)),
							errhint("A booking has a service, a participant and a day, and "
									"consumes money, units of the service, or both.")));
	if (query->columns[QUERY_AMOUNT] == NULL && query->columns[QUERY_VOLUME] == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the query has neither column \"amount\" nor column \"volume\""),
						errhint("A booking consumes money, units of the service, or both.")));
}

/* Returns the condition that a row is of a stage. */
static Node *
booking_query_stage_is(Node *stage, const char *value)
{
	Const *constant =
		makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(value), false, false);
	OpExpr *equal = (OpExpr *) make_opclause(TextEqualOperator, BOOLOID, false, (Expr *) stage,
											 (Expr *) constant, InvalidOid, exprCollation(stage));

	equal->opfuncid = F_TEXTEQ;
	return (Node *) equal;
}

/* Leaves out of a query of one stage what is of the other: orders have references, and what is spent releases them. */
static void
booking_query_leave_out(BookingQuery *query)
{
	if (query->stage == NULL)
		return;
	if (strcmp(query->stage, "actual") == 0)
		query->columns[QUERY_REFERENCE] = NULL;
	else
		query->columns[QUERY_RELEASES] = query->columns[QUERY_FINAL] = NULL;
}

/* Takes in which rows count. */
static void
booking_query_add_counts(QueryShape *shape, const char *stage)
{
	BookingQuery *query = shape->query;
	List *conditions = NIL;

	query->stage = query->columns[QUERY_STAGE] == NULL ? NULL : stage;
	if (query->tree->jointree->quals != NULL)
		conditions = list_make1(booking_query_place_vars(query->tree->jointree->quals, shape));
	if (query->stage != NULL)
		conditions =
			lappend(conditions, booking_query_stage_is(query->columns[QUERY_STAGE], stage));
	if (conditions != NIL)
		query->counts = (Node *) make_ands_explicit(conditions);
}

/* Adds the columns of each table that an expression reads to a set of that table. */
static void
booking_query_note(BookingQuery *query, Node *expression, bool ties)
{
	List *variables = pull_var_clause(expression, 0);
	ListCell *cell;

	foreach(cell, variables)
	{
		const Var *variable = lfirst_node(Var, cell);
		QueryTable *table = &query->table[variable->varno - 1];

		table->reads = bms_add_member(table->reads, variable->varattno);
		if (ties)
			table->ties = bms_add_member(table->ties, variable->varattno);
	}
}

/* Finds out which columns of its tables a query reads. */
static void
booking_query_note_columns(BookingQuery *query)
{
	for (int column = 0; column < QUERY_COLUMNS; column++)
		booking_query_note(query, query->columns[column], false);
	booking_query_note(query, query->counts, false);
	for (int i = 0; i < query->tables; i++)
		booking_query_note(query, query->table[i].condition, true);
}

/*
 * Makes a query of its tree. stage: which bookings are taken where stage is a column of it; NULL: all. The key of
 * the first table is not known yet.
 */
BookingQuery *
booking_query_of_tree(Query *tree, const char *stage)
{
	BookingQuery *query = palloc0(sizeof(BookingQuery));
	QueryShape shape = {query};

	query->tree = tree;
	query->table = palloc0((list_length(tree->rtable) + 1) * sizeof(QueryTable));
	shape.positions = palloc0((list_length(tree->rtable) + 1) * sizeof(int));
	booking_query_check_clauses(tree);
	if (tree->jointree->fromlist == NIL)
		booking_query_refuse(gettext_noop("no table"), NULL);
	if (list_length(tree->jointree->fromlist) > 1)
		booking_query_refuse(gettext_noop("tables with a comma between them"),
							 gettext_noop("Write JOIN ... ON for each table after the first."));
	booking_query_add_join(&shape, linitial(tree->jointree->fromlist));
	for (int i = 0; i < query->tables; i++)
		query->table[i].condition = booking_query_place_vars(query->table[i].condition, &shape);
	booking_query_add_columns(&shape);
	booking_query_check_columns(query);
	booking_query_add_counts(&shape, stage);
	booking_query_leave_out(query);
	booking_query_note_columns(query);
	return query;
}

/* Returns the table each row of which is one booking at most. */
Oid
booking_query_lines(const BookingQuery *query)
{
	return query->table[0].relid;
}

/* Returns in whose name a query is evaluated. */
Oid
booking_query_owner(const BookingQuery *query)
{
	return table_owner(booking_query_lines(query));
}

/* Returns all expressions of a query: its columns, its conditions. */
List *
booking_query_expressions(const BookingQuery *query)
{
	List *expressions = NIL;

	for (int column = 0; column < QUERY_COLUMNS; column++)
		if (query->columns[column] != NULL)
			expressions = lappend(expressions, query->columns[column]);
	for (int i = 1; i < query->tables; i++)
		expressions = lappend(expressions, query->table[i].condition);
	if (query->counts != NULL)
		expressions = lappend(expressions, query->counts);
	return expressions;
}

/* Tells whether a column is what a reference to it was made for. */
static bool
booking_query_var_fits(const BookingQuery *query, const Var *variable)
{
	HeapTuple tuple =
		SearchSysCache2(ATTNUM, ObjectIdGetDatum(query->table[variable->varno - 1].relid),
						Int16GetDatum(variable->varattno));
	Form_pg_attribute form;
	bool fits;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_attribute) GETSTRUCT(tuple);
	fits = !form->attisdropped && form->atttypid == variable->vartype &&
		   form->atttypmod == variable->vartypmod && form->attcollation == variable->varcollid;
	ReleaseSysCache(tuple);
	return fits;
}

/* Tells whether the columns that a query reads are what they were when it was resolved. */
bool
booking_query_fits(const BookingQuery *query)
{
	List *variables = pull_var_clause((Node *) booking_query_expressions(query), 0);
	ListCell *cell;

	foreach(cell, variables)
		if (!booking_query_var_fits(query, lfirst_node(Var, cell)))
			return false;
	return true;
}
