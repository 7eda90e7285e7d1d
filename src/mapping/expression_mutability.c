/*
 * expression_mutability.c
 *	  Whether an expression of a mapping can give different answers for the same row. One that can is refused.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"

/* Whether an expression can give different answers for the same row, and why. */
typedef struct ExpressionMutability
{
	Expr *expression;
	bool is_mutable;
	Oid function; /* one that is not immutable; InvalidOid: it is no function */
} ExpressionMutability;

/* Notes a function that is not immutable. */
static bool
expression_note_mutable(Oid function, void *argument)
{
	ExpressionMutability *mutability = argument;

	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return false;
	mutability->function = function;
	return true;
}

/* Finds a function that is not immutable. */
static bool
expression_find_mutable(Node *node, void *argument)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, expression_note_mutable, argument) ||
		   expression_tree_walker(node, expression_find_mutable, argument);
}

/*
 * Finds out whether an expression is mutable, as its owner: planning evaluates what is constant in it. It
 * leaves much behind, in the memory of the subtransaction.
 */
static void
expression_examine(void *argument)
{
	ExpressionMutability *mutability = argument;
	MemoryContext caller = MemoryContextSwitchTo(CurTransactionContext);
	Node *planned = (Node *) expression_planner(copyObject(mutability->expression));

	mutability->is_mutable = contain_mutable_functions(planned);
	if (mutability->is_mutable)
		(void) expression_find_mutable(planned, mutability);
	MemoryContextSwitchTo(caller);
}

/* Returns what can be done where this function was called, or NULL. */
static const char *
expression_mutable_hint(Oid function)
{
	switch (function)
	{
		case F_ENUM_OUT:
			return _(
				"Compare the enum itself, as in status = 'paid', or name its values with CASE.");
		case F_DATE_IN:
		case F_TIMESTAMP_IN:
		case F_TO_DATE:
			return _("A text's day depends on DateStyle; build it of its parts, as in "
					 "make_date(left(column, 4)::integer, substr(column, 6, 2)::integer, 1).");
		case F_NUMERIC_MONEY:
		case F_CASH_OUT:
			return _("What money comes to depends on lc_monetary; use "
					 "(column / '1'::money)::numeric(14,2), or a column of type numeric.");
		case F_DATE_TIMESTAMPTZ:
		case F_TIMESTAMP_TIMESTAMPTZ:
			return _("The day of a timestamp with time zone depends on a setting; use "
					 "(column AT TIME ZONE 'Europe/Amsterdam').");
		default:
			return _(
				"What depends on time, settings or other tables would let stored usage drift away "
				"from the bookings.");
	}
}

/* Raises that an expression is mutable. */
static void
expression_refuse_mutable(const ExpressionMutability *mutability)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
			 errmsg("functions in a mapping must be marked IMMUTABLE"),
			 OidIsValid(mutability->function)
				 ? errdetail("Function %s is marked %s.", format_procedure(mutability->function),
							 func_volatile(mutability->function) == PROVOLATILE_STABLE ? "STABLE"
																					   : "VOLATILE")
				 : 0,
			 errhint("%s", expression_mutable_hint(mutability->function))));
}

/*
 * Refuses an expression that can give different answers for the same row. What is constant in it is evaluated, in
 * the name of owner.
 */
void
expression_require_immutable(Oid owner, Expr *expression)
{
	ExpressionMutability mutability = {expression};

	foreign_code_run(owner, expression_examine, &mutability);
	if (mutability.is_mutable)
		expression_refuse_mutable(&mutability);
}

/* The same for an argument of the mapping of rel. Errors show it as text has it. */
void
expression_check(Relation rel, Oid owner, MappingColumn column, Expr *expression, const char *text)
{
	ExpressionContext context = {rel, column, text};
	ErrorContextCallback callback;

	expression_push_context(&callback, &context);
	expression_require_immutable(owner, expression);
	error_context_stack = callback.previous;
}
