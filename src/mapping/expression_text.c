/*
 * expression_text.c
 *	  The text of an expression of a mapping, which people and dumps read.
 *
 * A text is in canonical form: every name in it is qualified. But PostgreSQL prints no schema for the operators
 * within IS DISTINCT FROM, CASE x WHEN, NULLIF and comparisons of rows. An expression whose text would mean
 * something else where a dump is restored is not taken.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "mapping/expression.h"
#include "own.h"

/* Prints an expression over the columns of a table. */
char *
expression_text(Oid relid, Expr *expression)
{
	int nest_level = own_pin_settings();
	List *context = deparse_context_for(get_rel_name(relid), relid);
	char *text = deparse_expression((Node *) expression, context, false, false);

	own_unpin_settings(nest_level);
	return text;
}

/* Adds what an expression calls by name to a list, in the order of its parts. Casts follow from types. */
static bool
expression_collect(Node *node, void *argument)
{
	List **calls = argument;

	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcformat == COERCE_EXPLICIT_CALL)
		*calls = lappend_oid(*calls, ((FuncExpr *) node)->funcid);
	else if (IsA(node, OpExpr) || IsA(node, DistinctExpr) || IsA(node, NullIfExpr))
		*calls = lappend_oid(*calls, ((OpExpr *) node)->opno);
	else if (IsA(node, ScalarArrayOpExpr))
		*calls = lappend_oid(*calls, ((ScalarArrayOpExpr *) node)->opno);
	else if (IsA(node, RowCompareExpr))
		*calls = list_concat(*calls, ((RowCompareExpr *) node)->opnos);
	else if (IsA(node, CollateExpr))
		*calls = lappend_oid(*calls, ((CollateExpr *) node)->collOid);
	return expression_tree_walker(node, expression_collect, argument);
}

/* Returns what an expression, or a list of such, calls by name. */
List *
expression_calls(Node *expression)
{
	List *calls = NIL;

	(void) expression_collect(expression, &calls);
	return calls;
}

/* Refuses an expression whose text, read again, calls something else. */
void
expression_require_text(Relation rel, Oid owner, MappingColumn column, Expr *expression)
{
	char *text = expression_text(RelationGetRelid(rel), expression);
	int nest_level = own_pin_settings();
	Expr *again = expression_parse(rel, owner, column, text);

	/* The text is read under these settings wherever it stands for the tree: as after a restore. */
	own_unpin_settings(nest_level);
	if (equal(expression_calls((Node *) expression), expression_calls((Node *) again)))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
		 errmsg("argument \"%s\" cannot be written down so that it keeps its meaning",
				expression_argument(column)),
		 errdetail("Its text would be: %s", text),
		 errhint(
			 "PostgreSQL writes no schema for operators in IS DISTINCT FROM, CASE x WHEN, NULLIF and "
			 "comparisons of rows. Use = and <>, or cast a citext column to text.")));
}
