/*
 * expression_owner.c
 *	  Whether an expression must be evaluated in the name of the table's owner.
 *
 * Where it does no more than PostgreSQL's own functions can on the types of PostgreSQL's own, it is
 * evaluated as whoever books, which costs nothing. Not so where it can lead to code that somebody wrote:
 * a function of his, or one that comes with a type (a domain's CHECK, an operator of a range's or a
 * record's elements). Nor where a setting of the session has a say: some functions are marked immutable
 * though they follow one, such as the output of floating point numbers; the owner's work has settings
 * pinned.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "own.h"
#include "sources/expression.h"

/*
 * Tells whether a type is somebody's: its operators can be. Those of an enum are PostgreSQL's, steering.amount
 * is ours, and a value of a domain is one of its base type.
 */
static bool
expression_is_foreign_type(Oid type)
{
	type = getBaseType(type);
	return type >= FirstNormalObjectId && type != own_amount_type() && !type_is_enum(type);
}

/* Tells whether a function follows a setting, though it is marked immutable, or is somebody's. */
static bool
expression_is_doubtful_function(Oid function, void *context)
{
	switch (function)
	{
		case F_BYTEAOUT:
		case F_FLOAT4OUT:
		case F_FLOAT8OUT:
		case F_QUOTE_IDENT:
		case F_TIMEZONE_TEXT_TIMESTAMP:
		case F_TIMEZONE_TEXT_TIMESTAMPTZ:
		case F_TIMEZONE_TEXT_TIMETZ:
			return true;
		default:
			return function >= FirstNormalObjectId;
	}
}

/* Tells whether printing a value of this type follows no setting. */
static bool
expression_prints_alike(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case CHAROID:
		case NAMEOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case TEXTOID:
		case BPCHAROID:
		case VARCHAROID:
		case NUMERICOID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

/* Tells whether a part of a planned expression must be evaluated in the name of the table's owner. */
static bool
expression_part_needs_owner(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, List))
		return expression_tree_walker(node, expression_part_needs_owner, context);
	if (IsA(node, CoerceToDomain) || IsA(node, XmlExpr) ||
		(IsA(node, CoerceViaIO) &&
		 !expression_prints_alike(exprType((Node *) ((CoerceViaIO *) node)->arg))))
		return true;
	return check_functions_in_node(node, expression_is_doubtful_function, context) ||
		   expression_is_foreign_type(exprType(node)) ||
		   expression_tree_walker(node, expression_part_needs_owner, context);
}

/*
 * Tells whether a planned expression must be evaluated in the name of the table's owner. One that merely
 * reads a column, whatever its type, calls nothing.
 */
bool
expression_needs_owner(Expr *expression)
{
	while (IsA(expression, RelabelType))
		expression = ((RelabelType *) expression)->arg;
	return !IsA(expression, Var) && !IsA(expression, Const) &&
		   expression_part_needs_owner((Node *) expression, NULL);
}
