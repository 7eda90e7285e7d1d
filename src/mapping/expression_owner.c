/*
 * expression_owner.c
 *	  Whether an expression must be evaluated in the name of the table's owner.
 *
 * Where it does no more than PostgreSQL's own functions can on plain types, it is evaluated as whoever books,
 * which costs nothing. Not so where it can lead to code that somebody wrote: a function of his, or one that
 * comes with a type (a domain's CHECK, an operator of a range's or a record's elements). Nor where a setting of
 * the session has a say: some functions are marked immutable though they follow one, such as the output of
 * floating point numbers or the age of a time with a zone; the owner's work has settings pinned.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "mapping/expression.h"
#include "own.h"

/*
 * Tells whether PostgreSQL's functions, given values of a type, never call code that somebody wrote and
 * follow no setting. Of other types, such as those of times with a zone, of floating point numbers, of ranges
 * and of what somebody made, some functions do. Those of an enum are PostgreSQL's, steering.amount is ours,
 * and a value of a domain is one of its base type.
 */
static bool
expression_is_plain_type(Oid type)
{
	Oid element = get_element_type(type);

	switch (getBaseType(OidIsValid(element) ? element : type))
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
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case INTERVALOID:
		case BITOID:
		case VARBITOID:
		case JSONBOID:
			return true;
		default:
			return getBaseType(type) == own_amount_type() || type_is_enum(getBaseType(type));
	}
}

/* Tells whether a function is somebody's, or follows a setting though it is marked immutable. */
static bool
expression_is_doubtful_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId || function == F_QUOTE_IDENT;
}

/* Tells whether a part of a planned expression must be evaluated in the name of the table's owner. */
static bool
expression_part_needs_owner(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, List))
		return expression_tree_walker(node, expression_part_needs_owner, context);
	if (IsA(node, CoerceToDomain) || IsA(node, XmlExpr))
		return true;
	return check_functions_in_node(node, expression_is_doubtful_function, context) ||
		   !expression_is_plain_type(exprType(node)) ||
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
