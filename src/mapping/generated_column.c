/*
 * generated_column.c
 *	  Stored generated columns of partitioned tables, in a mapping.
 *
 * A row that is inserted through a partitioned table into a partition with another layout comes to
 * the statement's triggers as it was before it was routed, when its generated columns were not yet
 * computed: they are null there. So what a mapping reads of them is computed from the row's other
 * columns, by the expression of the partitioned table. PostgreSQL lets a partition have an expression
 * of its own, and computes by that; a mapping that reads such a column cannot be told from the row, and
 * is refused.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "mapping/generated_column.h"

/* Returns the expression of a generated column as text, which is the same for the same expression. */
static char *
generated_column_text(Relation rel, AttrNumber attribute)
{
	List *context = deparse_context_for(RelationGetRelationName(rel), RelationGetRelid(rel));

	return deparse_expression(build_column_default(rel, attribute), context, false, false);
}

/* Refuses a generated column that a partition of rel computes in another way. */
static void
generated_column_check(Relation rel, AttrNumber attribute)
{
	const char *name = NameStr(TupleDescAttr(RelationGetDescr(rel), attribute - 1)->attname);
	const char *text = generated_column_text(rel, attribute);
	List *tables = find_all_inheritors(RelationGetRelid(rel), AccessShareLock, NULL);
	ListCell *cell;

	foreach(cell, tables)
	{
		Relation part = relation_open(lfirst_oid(cell), NoLock);
		AttrNumber same = get_attnum(RelationGetRelid(part), name);

		/* A foreign table is refused elsewhere, in words that fit it better. */
		if (part->rd_rel->relkind != RELKIND_FOREIGN_TABLE &&
			strcmp(generated_column_text(part, same), text) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a mapping cannot use a column that partitions generate differently"),
					 errdetail(
						 "Column \"%s\" of table \"%s\" is generated as %s, that of \"%s\" as %s.",
						 name, RelationGetRelationName(rel), text, RelationGetRelationName(part),
						 generated_column_text(part, same))));
		relation_close(part, NoLock);
	}
}

/* Replaces references to stored generated columns of rel by what they are generated from. */
static Node *
generated_column_mutate(Node *node, void *context)
{
	Relation rel = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		AttrNumber attribute = ((Var *) node)->varattno;

		Assert(attribute > 0);
		if (TupleDescAttr(RelationGetDescr(rel), attribute - 1)->attgenerated !=
			ATTRIBUTE_GENERATED_STORED)
			return node;
		generated_column_check(rel, attribute);
		return build_column_default(rel, attribute);
	}
	return expression_tree_mutator(node, generated_column_mutate, context);
}

/*
 * Makes an expression independent of stored generated columns, where rel is partitioned; else returns
 * it as it is. It has only references to columns of rel, none of them a system column.
 */
Expr *
generated_column_expand(Relation rel, Expr *expression)
{
	TupleConstr *constraints = RelationGetDescr(rel)->constr;

	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || constraints == NULL ||
		!constraints->has_generated_stored)
		return expression;
	return (Expr *) generated_column_mutate((Node *) expression, rel);
}
