/*
 * query_text.c
 *	  The text of a query of bookings: read, and written so that it means the same anywhere.
 *
 * It is read in the name of the owner of its first table: names are looked up, and constants read, under the
 * settings of the session when it is attached, and under pinned ones where a restored dump has its text.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "utils/ruleutils.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "own.h"
#include "queries/query_text.h"

/* Points an error at the query instead of at the statement that led to it. */
static void
query_text_error_callback(void *argument)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(argument);
	}
	errcontext("query of bookings");
}

/* Has errors say that they are about a query, until the caller puts the previous context back. */
static void
query_text_push_context(ErrorContextCallback *callback, const char *text)
{
	callback->callback = query_text_error_callback;
	callback->arg = unconstify(char *, text);
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/* Parses text as one SELECT and nothing else. */
static RawStmt *
query_text_raw(const char *text)
{
	List *statements = raw_parser(text, RAW_PARSE_DEFAULT);
	RawStmt *raw;

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("a query of bookings is one SELECT")));
	raw = linitial_node(RawStmt, statements);
	if (!IsA(raw->stmt, SelectStmt) || ((SelectStmt *) raw->stmt)->intoClause != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("a query of bookings is one SELECT")));
	return raw;
}

/* Returns the first table of a query, as the session's names have it. Nothing is locked. */
Oid
query_text_lines(const char *text)
{
	ErrorContextCallback callback;
	SelectStmt *select;
	Node *node;
	Oid relid;

	query_text_push_context(&callback, text);
	select = (SelectStmt *) query_text_raw(text)->stmt;
	while (select->op != SETOP_NONE)
		select = select->larg;
	node = select->fromClause == NIL ? NULL : linitial(select->fromClause);
	while (node != NULL && IsA(node, JoinExpr))
		node = ((JoinExpr *) node)->larg;
	if (node == NULL || !IsA(node, RangeVar))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query of bookings begins with the table whose rows are bookings")));
	relid = RangeVarGetRelid((RangeVar *) node, NoLock, false);
	error_context_stack = callback.previous;
	return relid;
}

/* Adds the tables of a join to a list, in the order in which they are written. */
static List *
query_text_add_tables(List *tables, Node *node)
{
	if (!IsA(node, JoinExpr))
		return lappend(tables, castNode(RangeVar, node));
	tables = query_text_add_tables(tables, ((JoinExpr *) node)->larg);
	return query_text_add_tables(tables, ((JoinExpr *) node)->rarg);
}

/* Returns the tables of a text that query_text_print() has written, as RangeVars that know where they stand in it. */
List *
query_text_tables(const char *text)
{
	SelectStmt *select = castNode(SelectStmt, query_text_raw(text)->stmt);

	return query_text_add_tables(NIL, linitial(select->fromClause));
}

/* Brings what a query puts out into the types of bookings. */
static void
query_text_coerce(Query *tree)
{
	ParseState *pstate = make_parsestate(NULL);
	ListCell *cell;

	foreach(cell, tree->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		QueryColumn column = 0;

		while (column < QUERY_COLUMNS && strcmp(query_column_name(column), entry->resname) != 0)
			column++;
		if (column < QUERY_COLUMNS)
			entry->expr = expression_coerce(pstate, query_column_mapping(column), entry->expr);
		assign_expr_collations(pstate, (Node *) entry->expr);
	}
	free_parsestate(pstate);
}

/* Gives the calls of functions in the conditions of a join the arguments that they leave to defaults. */
static void
query_text_expand(Node *node)
{
	ListCell *cell;

	if (node == NULL || IsA(node, RangeTblRef))
		return;
	if (IsA(node, FromExpr))
	{
		FromExpr *from = (FromExpr *) node;

		foreach(cell, from->fromlist)
			query_text_expand(lfirst(cell));
		from->quals = expression_expand_defaults(from->quals, NULL);
		return;
	}
	query_text_expand(((JoinExpr *) node)->larg);
	query_text_expand(((JoinExpr *) node)->rarg);
	((JoinExpr *) node)->quals = expression_expand_defaults(((JoinExpr *) node)->quals, NULL);
}

/* A text that is to be read. */
typedef struct QueryText
{
	const char *text;
	Query *tree; /* what it is */
} QueryText;

/* Reads it, in the name of its owner. */
static void
query_text_analyze(void *argument)
{
	QueryText *parsed = argument;
	Query *tree =
		parse_analyze_fixedparams(query_text_raw(parsed->text), parsed->text, NULL, 0, NULL);

	tree->targetList = (List *) expression_expand_defaults((Node *) tree->targetList, NULL);
	query_text_expand((Node *) tree->jointree);
	query_text_coerce(tree);
	parsed->tree = tree;
}

/* Reads the text of a query as the session has it, in the name of owner. */
Query *
query_text_parse(const char *text, Oid owner)
{
	QueryText parsed = {text};
	ErrorContextCallback callback;

	query_text_push_context(&callback, text);
	foreign_code_run_in_session(owner, query_text_analyze, &parsed);
	error_context_stack = callback.previous;
	return parsed.tree;
}

/* Reads a text whose names are all qualified, whatever the session's settings. */
Query *
query_text_parse_pinned(const char *text, Oid owner)
{
	int nest_level = own_pin_settings();
	Query *tree = query_text_parse(text, owner);

	own_unpin_settings(nest_level);
	return tree;
}

/* Writes a query with every name in it qualified, by the names that there are now. */
char *
query_text_print(const Query *tree)
{
	int nest_level = own_pin_settings();
	char *text = pg_get_querydef(copyObject(unconstify(Query *, tree)), false);

	own_unpin_settings(nest_level);
	while (*text == ' ')
		text++;
	return text;
}

/* Refuses a query whose text, read again, calls something else: see expression_text.c. */
void
query_text_require(const BookingQuery *query, Oid owner)
{
	char *text = query_text_print(query->tree);
	BookingQuery *again = booking_query_of_tree(query_text_parse_pinned(text, owner), query->stage);

	if (equal(expression_calls((Node *) booking_query_expressions(query)),
			  expression_calls((Node *) booking_query_expressions(again))))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
		 errmsg("the query cannot be written down so that it keeps its meaning"),
		 errdetail("Its text would be: %s", text),
		 errhint(
			 "PostgreSQL writes no schema for operators in IS DISTINCT FROM, CASE x WHEN, NULLIF and "
			 "comparisons of rows. Use = and <>, or cast a citext column to text.")));
}
