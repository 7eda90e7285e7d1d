/*
 * expression.h
 *	  One expression of a mapping: parsed, checked, made ready to plan or to print.
 */
#ifndef SP71_EXPRESSION_H
#define SP71_EXPRESSION_H

#include "sp71_steering.h"

#include "nodes/primnodes.h"
#include "sources/mapping.h"

extern Expr *expression_parse(Relation rel, MappingColumn column, const char *text);
extern Expr *expression_plan(Relation rel, MappingColumn column, Expr *expression);

#endif
