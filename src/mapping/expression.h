/*
 * expression.h
 *	  One expression of a mapping: parsed, checked, printed, planned.
 *
 * An expression is a tree whose references are columns of the table that it was parsed against, the
 * source's root.
 */
#ifndef SP71_EXPRESSION_H
#define SP71_EXPRESSION_H

#include "sp71_steering.h"

#include "mapping/source.h"
#include "nodes/primnodes.h"

struct ParseState;

/* Which argument of which table an error is about. */
typedef struct ExpressionContext
{
	Relation rel;
	MappingColumn column;
	const char *text;
} ExpressionContext;

extern const char *expression_argument(MappingColumn column);
extern void expression_push_context(ErrorContextCallback *callback, ExpressionContext *context);
extern Expr *expression_parse(Relation rel, Oid owner, MappingColumn column, const char *text);
extern Expr *expression_plan(Relation rel, Expr *expression);
extern Expr *expression_coerce(struct ParseState *pstate, MappingColumn column, Expr *expression);
extern Node *expression_expand_defaults(Node *node, void *nothing);

/* expression_mutability.c */
extern void expression_check(Relation rel, Oid owner, MappingColumn column, Expr *expression,
							 const char *text);
extern void expression_require_immutable(Oid owner, Expr *expression);

/* expression_text.c */
extern List *expression_calls(Node *expression);
extern char *expression_text(Oid relid, Expr *expression);
extern void expression_require_text(Relation rel, Oid owner, MappingColumn column,
									Expr *expression);

/* expression_owner.c */
extern bool expression_is_plain_type(Oid type);
extern bool expression_needs_owner(Expr *expression);
extern void expression_require_own_code(Relation rel, MappingColumn column, Expr *expression);

#endif
