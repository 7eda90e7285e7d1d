/*
 * mapping_compile.c
 *	  Compiling a mapping for one relation of its source's tree, from the tree that was fixed, or from the text
 *	  where none is. In the name of the table's owner, whose functions planning may evaluate.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "mapping/expression.h"
#include "mapping/foreign_code.h"
#include "mapping/mapping_numeric.h"
#include "mapping/mapping_state.h"
#include "mapping/mapping_tree.h"
#include "own.h"

/* Returns the attribute that an expression merely reads, or InvalidAttrNumber. */
static AttrNumber
mapping_plain_attribute(Expr *expression)
{
	while (IsA(expression, RelabelType))
		expression = ((RelabelType *) expression)->arg;
	return IsA(expression, Var) ? ((Var *) expression)->varattno : InvalidAttrNumber;
}

/* Compiles one expression of the mapping, which lives in the memory of context. */
static void
mapping_compile_column(Mapping *mapping, Relation rel, MappingColumn column, Expr *expression)
{
	MappedColumn *mapped = &mapping->columns[column];
	MemoryContext caller;

	Assert(!mapped->mapped);
	mapped->mapped = true;
	mapped->type = getBaseType(exprType((Node *) expression));
	expression = expression_plan(rel, expression);
	mapping->as_owner |= expression_needs_owner(expression);
	mapped->attribute = mapping_plain_attribute(expression);
	mapping->attributes = Max(mapping->attributes, mapped->attribute);
	if (mapped->attribute != InvalidAttrNumber)
		return;
	caller = MemoryContextSwitchTo(mapping->context);
	mapped->state = ExecInitExpr(copyObject(expression), NULL);
	MemoryContextSwitchTo(caller);
}

/* A mapping that is to be compiled. */
typedef struct MappingPlan
{
	Relation rel;
	const Source *source;
	Oid owner;     /* in whose name */
	bool has_tree; /* else the text counts */
	MappingTree tree;
	MemoryContext parent;
	Mapping *mapping; /* what was compiled */
} MappingPlan;

/* Returns an expression of the mapping that is to be compiled; NULL where nothing is mapped. */
static Expr *
mapping_plan_expression(const MappingPlan *plan, MappingColumn column)
{
	const char *text = plan->source->expressions[column];
	Expr *expression;

	if (plan->has_tree)
		return mapping_tree_expression(&plan->tree, column, plan->source->relid, plan->rel);
	if (text == NULL)
		return NULL;
	expression = expression_parse(plan->rel, plan->owner, column, text);
	expression_check(plan->rel, plan->owner, column, expression, text);
	return expression;
}

/* Makes a mapping that maps nothing yet, in a context of its own. */
static Mapping *
mapping_create(Relation rel, const Source *source)
{
	MemoryContext context =
		AllocSetContextCreate(CurTransactionContext, "sp71_steering mapping", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Mapping *mapping = palloc0(sizeof(Mapping));

	mapping->context = context;
	mapping->source = palloc(sizeof(Source));
	*mapping->source = *source;
	mapping->source->name = pstrdup(source->name);
	memset(mapping->source->expressions, 0, sizeof(mapping->source->expressions));
	mapping->amount_type = own_amount_type();
	mapping->econtext = CreateStandaloneExprContext();
	mapping_row_prepare(&mapping->row, rel);
	MemoryContextSwitchTo(caller);
	return mapping;
}

/*
 * Compiles a mapping, in the name of the table's owner, whose functions it may evaluate. Parsing and planning
 * leave much behind; it goes with the subtransaction, and where an error comes, so does the mapping.
 */
static void
mapping_compile_work(void *argument)
{
	MappingPlan *plan = argument;
	MemoryContext caller = MemoryContextSwitchTo(CurTransactionContext);
	Mapping *mapping = mapping_create(plan->rel, plan->source);

	mapping_numeric_try();
	if (!plan->has_tree)
		plan->has_tree = mapping_tree_load(plan->source->source_id, &plan->tree);
	if (plan->has_tree)
		mapping_tree_require_fit(&plan->tree, plan->source->relid);
	for (MappingColumn column = 0; column < MAPPING_COLUMNS; column++)
	{
		Expr *expression = mapping_plan_expression(plan, column);

		if (expression != NULL)
			mapping_compile_column(mapping, plan->rel, column, expression);
	}
	MemoryContextSetParent(mapping->context, plan->parent);
	plan->mapping = mapping;
	MemoryContextSwitchTo(caller);
}

/*
 * Compiles the mapping of a source for one relation of its tree, in a context of its own below
 * parent.
 */
Mapping *
mapping_compile(Relation rel, const Source *source, MemoryContext parent)
{
	MappingPlan plan = {.rel = rel,
						.source = source,
						.owner = source_owner(source, rel),
						.parent = parent};

	foreign_code_run(plan.owner, mapping_compile_work, &plan);
	elog(DEBUG2, "compiled mapping of source \"%s\" for relation \"%s\" from its %s%s",
		 source->name, RelationGetRelationName(rel), plan.has_tree ? "tree" : "text",
		 plan.mapping->as_owner ? ", in the name of its owner" : "");
	mapping_row_show(&plan.mapping->row, rel);
	return plan.mapping;
}

/*
 * The same of a tree that is not stored: of a mapping that somebody wants to try. The source has no number
 * then.
 */
Mapping *
mapping_compile_tree(Relation rel, const Source *source, const MappingTree *tree,
					 MemoryContext parent)
{
	MappingPlan plan = {.rel = rel,
						.source = source,
						.owner = source_owner(source, rel),
						.has_tree = true,
						.tree = *tree,
						.parent = parent};

	foreign_code_run(plan.owner, mapping_compile_work, &plan);
	mapping_row_show(&plan.mapping->row, rel);
	return plan.mapping;
}

/* Frees a mapping that is not in the cache. */
void
mapping_free(Mapping *mapping)
{
	mapping_forget_row(mapping);
	MemoryContextDelete(mapping->context);
}

/* Raises the error that the mapping of a source would raise if it were compiled for rel now. */
void
mapping_check(Relation rel, const Source *source)
{
	mapping_free(mapping_compile(rel, source, CurrentMemoryContext));
}
