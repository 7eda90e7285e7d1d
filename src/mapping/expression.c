/*
 * expression.c
 *	  One expression of a mapping: parsed against its table.
 *
 * An expression must give the same answer for the same row at any time and in any session, or
 * stored usage would drift away from the bookings. So it looks at nothing but its row, is immutable
 * (expression_mutability.c), and is stored as the tree that it was when it was attached
 * (mapping_tree.h). Its text serves dumps and people. Results are in the caller's memory.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/generated_column.h"
#include "own.h"

/* Returns the name of steering.attach()'s argument for a mapped column. */
const char *
expression_argument(MappingColumn column)
{
	static const char *const names[MAPPING_COLUMNS] = {
		[MAPPING_SERVICE] = "service",     [MAPPING_PARTICIPANT] = "participant",
		[MAPPING_BOOKED_ON] = "booked_on", [MAPPING_AMOUNT] = "amount",
		[MAPPING_VOLUME] = "volume",       [MAPPING_COUNTS_WHEN] = "counts_when",
		[MAPPING_REFERENCE] = "reference", [MAPPING_RELEASES] = "releases",
		[MAPPING_FINAL] = "final",
	};

	Assert(column >= 0 && column < MAPPING_COLUMNS);
	return names[column];
}

/* Points an error at the expression instead of at the statement that led to it. */
static void
expression_error_callback(void *arg)
{
	ExpressionContext *context = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->text);
	}
	errcontext("mapping of \"%s\", argument \"%s\": %s", RelationGetRelationName(context->rel),
			   expression_argument(context->column), context->text);
}

/* Parses text as one expression and nothing else. */
static Node *
expression_raw_parse(const char *text)
{
	RawStmt *raw = linitial_node(RawStmt, raw_parser(text, RAW_PARSE_PLPGSQL_EXPR));
	SelectStmt *select = castNode(SelectStmt, raw->stmt);
	ResTarget *target;

	/* This grammar reads all that may follow SELECT: more than an expression is refused here. */
	if (list_length(select->targetList) != 1 || select->distinctClause != NIL ||
		select->fromClause != NIL || select->whereClause != NULL || select->groupClause != NIL ||
		select->havingClause != NULL || select->windowClause != NIL || select->sortClause != NIL ||
		select->limitOffset != NULL || select->limitCount != NULL || select->lockingClause != NIL ||
		select->withClause != NULL || select->op != SETOP_NONE)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("a mapping needs one expression over the table's columns")));
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL ||
		(IsA(target->val, ColumnRef) && IsA(llast(((ColumnRef *) target->val)->fields), A_Star)))
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("a mapping needs one expression over the table's columns")));
	return target->val;
}

/* Refuses an expression that looks beyond its row. */
static void
expression_check_scope(ParseState *pstate, Expr *expression)
{
	const char *what = NULL;
	List *vars;
	ListCell *cell;

	if (pstate->p_hasSubLinks)
		what = gettext_noop("a mapping cannot use a subquery");
	else if (pstate->p_hasAggs)
		what = gettext_noop("a mapping cannot use an aggregate function");
	else if (pstate->p_hasWindowFuncs)
		what = gettext_noop("a mapping cannot use a window function");
	else if (expression_returns_set((Node *) expression))
		what = gettext_noop("a mapping cannot use a set-returning function");
	if (what != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION), errmsg_internal("%s", _(what))));

	/* A system column changes when a row is written anew, the whole row when a column is added. */
	vars = pull_var_clause((Node *) expression, 0);
	foreach(cell, vars)
	{
		Var *var = lfirst_node(Var, cell);

		if (var->varattno == InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
							errmsg("a mapping cannot use the whole row")));
		if (var->varattno < 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
							errmsg("a mapping cannot use a system column")));
	}
}

/* Raises that the type of an expression does not serve its column. */
static void
expression_refuse_type(MappingColumn column, Oid type, const char *wanted, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("argument \"%s\" must be of type %s, not %s",
						   expression_argument(column), wanted, format_type_be(type)),
					hint ? errhint("%s", hint) : 0));
}

/* Coerces a code to text. */
static Expr *
expression_coerce_code(ParseState *pstate, MappingColumn column, Expr *expression)
{
	Oid type = exprType((Node *) expression);
	Node *text;

	text = coerce_to_target_type(pstate, (Node *) expression, type, TEXTOID, -1,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (text == NULL)
		expression_refuse_type(column, type, "text", NULL);
	return (Expr *) text;
}

/* Coerces a day to date. A timestamp with time zone has no day of its own. */
static Expr *
expression_coerce_day(ParseState *pstate, MappingColumn column, Expr *expression)
{
	Oid type = exprType((Node *) expression);
	Oid base = getBaseType(type);

	if (base != DATEOID && base != TIMESTAMPOID && base != UNKNOWNOID)
		expression_refuse_type(
			column, type, _("date or timestamp without time zone"),
			base == TIMESTAMPTZOID
				? _("The day of a timestamp with time zone depends on a setting; use "
					"(column AT TIME ZONE 'Europe/Amsterdam').")
				: NULL);
	return (Expr *) coerce_to_target_type(pstate, (Node *) expression, type, DATEOID, -1,
										  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
}

/* Tells whether a base type holds exact numbers that mapping_read.c can convert. */
static bool
expression_is_exact_number(Oid base)
{
	return base == INT2OID || base == INT4OID || base == INT8OID || base == NUMERICOID ||
		   base == own_amount_type();
}

/* Leaves a number in its own type, as long as that is exact. */
static Expr *
expression_coerce_number(ParseState *pstate, MappingColumn column, Expr *expression)
{
	Oid type = exprType((Node *) expression);
	Oid base = getBaseType(type);

	if (base == UNKNOWNOID)
		return (Expr *) coerce_type(pstate, (Node *) expression, type, NUMERICOID, -1,
									COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, -1);
	if (!expression_is_exact_number(base))
		expression_refuse_type(
			column, type, _("integer, numeric or steering.amount"),
			base == FLOAT4OID || base == FLOAT8OID
				? _("A floating point number is not exact money; cast it to numeric "
					"with the decimals that count, e.g. column::numeric(14,2).")
				: NULL);
	return expression;
}

/* Coerces an expression to a type that mapping_read.c reads for this column. */
Expr *
expression_coerce(ParseState *pstate, MappingColumn column, Expr *expression)
{
	switch (column)
	{
		case MAPPING_SERVICE:
		case MAPPING_PARTICIPANT:
		case MAPPING_REFERENCE:
		case MAPPING_RELEASES:
			return expression_coerce_code(pstate, column, expression);
		case MAPPING_BOOKED_ON:
			return expression_coerce_day(pstate, column, expression);
		case MAPPING_AMOUNT:
		case MAPPING_VOLUME:
			return expression_coerce_number(pstate, column, expression);
		case MAPPING_COUNTS_WHEN:
		case MAPPING_FINAL:
			return (Expr *) coerce_to_boolean(pstate, (Node *) expression,
											  expression_argument(column));
		case MAPPING_COLUMNS:
			break;
	}
	elog(ERROR, "unrecognized mapping column: %d", (int) column);
	return NULL;
}

/*
 * Gives one call the arguments that it leaves to defaults. Where the list of a VARIADIC parameter is among
 * them it is written as a list from now on: without the word its array would be read as an element.
 */
static void
expression_expand_call(FuncExpr *call, HeapTuple function)
{
	int given = list_length(call->args);
	Oid element = ((Form_pg_proc) GETSTRUCT(function))->provariadic;

	call->args = expand_function_arguments(call->args, false, call->funcresulttype, function);
	if (list_length(call->args) > given && OidIsValid(element) && element != ANYOID)
		call->funcvariadic = true;
}

/*
 * Gives calls of functions the arguments that they leave to defaults: a default that is changed later, or a
 * function that would fit a shorter list better, is not what was meant.
 */
Node *
expression_expand_defaults(Node *node, void *nothing)
{
	Oid funcid;
	HeapTuple function;

	if (node == NULL)
		return NULL;
	node = expression_tree_mutator(node, expression_expand_defaults, nothing);
	if (!IsA(node, FuncExpr))
		return node;
	funcid = ((FuncExpr *) node)->funcid;
	function = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(function))
		elog(ERROR, "cache lookup failed for function %u", funcid);
	expression_expand_call((FuncExpr *) node, function);
	ReleaseSysCache(function);
	return node;
}

/* An expression that is to be parsed. */
typedef struct ExpressionText
{
	Relation rel;
	MappingColumn column;
	const char *text;
	Expr *expression; /* what it is */
} ExpressionText;

/* Parses and coerces, with the caller's error context in place. */
static void
expression_analyze(void *argument)
{
	ExpressionText *parsed = argument;
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *item;
	Expr *expression;

	pstate->p_sourcetext = parsed->text;
	item = addRangeTableEntryForRelation(pstate, parsed->rel, AccessShareLock, NULL, false, true);
	addNSItemToQuery(pstate, item, false, true, true);

	expression =
		(Expr *) transformExpr(pstate, expression_raw_parse(parsed->text), EXPR_KIND_OTHER);
	expression_check_scope(pstate, expression);
	expression = (Expr *) expression_expand_defaults((Node *) expression, NULL);
	expression = expression_coerce(pstate, parsed->column, expression);
	assign_expr_collations(pstate, (Node *) expression);
	free_parsestate(pstate);
	parsed->expression = expression;
}

/* Has errors say which argument they are about, until the caller puts the previous context back. */
void
expression_push_context(ErrorContextCallback *callback, ExpressionContext *context)
{
	callback->callback = expression_error_callback;
	callback->arg = context;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/*
 * Parses one expression of a mapping against rel, in the name of owner. Names are looked up, and constants
 * read, under the present settings. That can run code: reading a constant of an array of a domain runs the
 * domain's CHECK. Errors say which argument of which table.
 */
Expr *
expression_parse(Relation rel, Oid owner, MappingColumn column, const char *text)
{
	ExpressionText parsed = {rel, column, text};
	ExpressionContext context = {rel, column, text};
	ErrorContextCallback callback;

	expression_push_context(&callback, &context);
	foreign_code_run_in_session(owner, expression_analyze, &parsed);
	error_context_stack = callback.previous;
	return parsed.expression;
}

/* Makes an expression of rel ready to be executed. As the owner: what is constant is evaluated. */
Expr *
expression_plan(Relation rel, Expr *expression)
{
	expression = (Expr *) expand_generated_columns_in_expr((Node *) expression, rel, 1);
	return expression_planner(generated_column_expand(rel, expression));
}
