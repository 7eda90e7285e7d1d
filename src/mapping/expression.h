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

extern const char *expression_argument(MappingColumn column);
extern Expr *expression_parse(Relation rel, Oid owner, MappingColumn column, const char *text);
extern void expression_check(Relation rel, Oid owner, MappingColumn column, Expr *expression,
							 const char *text);
extern void expression_require_text(Relation rel, Oid owner, MappingColumn column,
									Expr *expression);
extern char *expression_text(Oid relid, Expr *expression);
extern Expr *expression_plan(Relation rel, Expr *expression);
extern bool expression_needs_owner(Expr *expression);

#endif
