/*
 * expression_owner.c
 *	  Whether an expression must be evaluated in the name of the table's owner, and whether it calls code of others.
 *
 * Where it does no more than PostgreSQL's own functions can on plain types, it is evaluated as whoever books,
 * which costs nothing. Not so where it can lead to code that somebody wrote: a function of his, or one that
 * comes with a type (a domain's CHECK, an operator of a range's or a record's elements). Nor where a setting of
 * the session has a say: some functions are marked immutable though they follow one, such as the output of
 * floating point numbers or the age of a time with a zone; the owner's work has settings pinned.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/expression.h"
#include "own.h"

/*
 * Tells whether PostgreSQL's functions, given values of a type, never call code that somebody wrote and
 * follow no setting. Of other types, such as those of times with a zone, of floating point numbers, of ranges
 * and of what somebody made, some functions do. Those of an enum are PostgreSQL's, steering.amount is ours,
 * and a value of a domain is one of its base type.
 */
bool
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

/* Tells whether code of this author is nobody's that a table's owner must not fear. */
static bool
expression_is_foreign_author(Oid author, Oid owner)
{
	return author != owner && !superuser_arg(author) && !has_privs_of_role(author, owner);
}

/* Tells whether a function belongs to somebody whom the owner of a table (context) has no reason to trust. */
static bool
expression_is_foreign_function(Oid function, void *context)
{
	HeapTuple tuple;
	Oid author;

	if (function < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	author = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return expression_is_foreign_author(author, *(Oid *) context);
}

/* Tells whether a type belongs to somebody like that, and functions may come with it. */
static bool
expression_is_foreign_type(Oid type, Oid owner)
{
	HeapTuple tuple;
	Oid author;

	if (type < FirstNormalObjectId || type_is_enum(type))
		return false;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	author = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	return expression_is_foreign_author(author, owner);
}

/* Tells whether a part of an expression leads to code of somebody like that. */
static bool
expression_part_is_foreign(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, List))
		return expression_tree_walker(node, expression_part_is_foreign, context);
	return check_functions_in_node(node, expression_is_foreign_function, context) ||
		   expression_is_foreign_type(exprType(node), *(Oid *) context) ||
		   expression_tree_walker(node, expression_part_is_foreign, context);
}

/*
 * Refuses an expression, before anything in it is evaluated, that calls code of others than the table's owner,
 * who could do what he likes anyway. It is for a text that nobody has chosen just now: what its names meant may be
 * gone, and somebody else may have given them another meaning.
 */
void
expression_require_own_code(Relation rel, MappingColumn column, Expr *expression)
{
	Oid owner = rel->rd_rel->relowner;

	if (expression_part_is_foreign((Node *) expression, &owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("argument \"%s\" of the mapping calls code of others than the owner of "
						"table \"%s\"",
						expression_argument(column), RelationGetRelationName(rel)),
				 errhint("Attach it with steering.attach(), which says what is meant.")));
}
